/** Cycles as they are told. */
import type { Cycle, Duration } from '../account.js';
import type { Context } from '../context.js';
import { newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { viewOf } from '../snapshot.js';
import { betweenBounds, durationBetween, durationUntil, unknownDuration } from '../phases/edge.js';
import { wholeOf } from '../phases/whole.js';
import { ofCycle } from './evidence.js';
import { initContainerAccount, placed } from './init-containers.js';
import { phasesOf } from './phases.js';

/**
 * From the node's acceptance, or the trigger of a later cycle, to the end of initialization, or to `at` while it runs. Of
 * a pod that went unseen it is only known between which times that end lies.
 */
export function durationOf(history: PodHistory, cycle: CycleHistory, at: number): Duration {
  const whole = wholeOf(history, cycle, at);
  if (!whole) return unknownDuration;
  if (whole.open) return durationUntil(whole.from, at);
  return (cycle.outcome === 'unknown' ? betweenBounds : durationBetween)(whole.from, whole.to);
}

export function cycleOf(history: PodHistory, cycle: CycleHistory, at: number, context: Context): Cycle {
  const view = viewOf(history.parts);
  const places = view.initContainers.map((spec) => placed(history, cycle, spec));
  const current = places.find((place) => !place.done);
  const open = newestCycle(history)?.number === cycle.number;
  return {
    number: cycle.number,
    cause: cycle.cause,
    startedAt: cycle.startedAt,
    endedAt: cycle.endedAt,
    outcome: cycle.outcome,
    category: cycle.category,
    categoryEvidence: ofCycle(history, cycle),
    duration: durationOf(history, cycle, at),
    phases: phasesOf(history, cycle, at, context),
    initContainers: places.map((place) => initContainerAccount(place, open && place === current, at)),
  };
}

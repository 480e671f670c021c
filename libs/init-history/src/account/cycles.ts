/** Cycles as they are told. */
import type { Cycle, Duration } from '../account.js';
import { newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { viewOf } from '../snapshot.js';
import { between, running, unknownDuration } from './durations.js';
import { ofCycle } from './evidence.js';
import { initContainerAccount, placed } from './init-containers.js';
import { phasesOf } from './phases.js';

/** From the node's acceptance, or the trigger of a later cycle, to the end of initialization, or to `at` while it runs. */
export function durationOf(cycle: CycleHistory, at: number): Duration {
  const from = { at: cycle.startedAt, notBefore: cycle.startNotBefore };
  if (cycle.outcome === 'running') return running(from, at);
  if (cycle.outcome === 'unknown') return unknownDuration;
  // An abort that came from outside was stamped by the API server, all else by the node.
  const mixed = cycle.abortCause === 'deleted' || cycle.abortCause === 'preempted' || cycle.abortCause === 'nodeLost';
  return between(from, { at: cycle.endedAt, notBefore: cycle.endNotBefore }, mixed);
}

export function cycleOf(history: PodHistory, cycle: CycleHistory, at: number): Cycle {
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
    duration: durationOf(cycle, at),
    phases: phasesOf(history, cycle, at),
    initContainers: places.map((place) => initContainerAccount(place, open && place === current, at)),
  };
}

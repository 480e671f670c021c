/** Cycles as they are told. */
import type { Cycle, Duration } from '../account.js';
import type { Context } from '../context.js';
import { newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { viewOf, type PodView } from '../snapshot.js';
import {
  betweenBounds,
  durationBetween,
  durationUntil,
  unknownDuration,
  withReading,
  type Edge,
} from '../phases/edge.js';
import { wholeOf } from '../phases/whole.js';
import { ofCycle } from './evidence.js';
import { goneOn } from './going-on.js';
import { initContainerAccount, placed } from './init-containers.js';
import { Memory } from './memory.js';
import { phasesOf, sourcesOfPhases } from './phases.js';

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

/** A cycle as it was told once, and where what runs in it began: at any time later than `after` it is told the same, but that this has gone on. */
type Known = Readonly<{ told: Cycle; running: ReadonlyMap<Duration, Edge>; after: number }>;

const memory = new Memory<CycleHistory, Known>();

/** All that a cycle is told by, beside itself and the time that is asked about. */
function sourcesOf(history: PodHistory, view: PodView, context: Context): readonly unknown[] {
  const { containers, gone, deletion, disruption, first } = history;
  return [
    containers,
    gone,
    deletion,
    disruption,
    first?.position,
    newestCycle(history)?.number,
    view.metadata.namespace,
    ...view.initContainers,
    null,
    ...view.initStatuses,
    ...sourcesOfPhases(history, context),
  ];
}

export function cycleOf(history: PodHistory, cycle: CycleHistory, at: number, context: Context): Cycle {
  const sources = sourcesOf(history, viewOf(history.parts), context);
  const known = memory.recall(cycle, '', sources);
  if (known && at > known.after) return known.running.size === 0 ? known.told : goneOn(known.told, known.running, at);
  const { told, latest, running } = withReading(() => cycleAt(history, cycle, at, context));
  // While it runs, what is stamped later than the time that is asked about is not there yet.
  const after = cycle.outcome === 'running' ? latest : -Infinity;
  if (at > after) memory.keep(cycle, '', sources, { told, running, after });
  return told;
}

function cycleAt(history: PodHistory, cycle: CycleHistory, at: number, context: Context): Cycle {
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

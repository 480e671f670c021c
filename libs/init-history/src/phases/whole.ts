import type { Clock } from '../happenings.js';
import { attemptsIn, type CycleHistory, type PodHistory } from '../history.js';
import { text, viewOf } from '../snapshot.js';
import { by, moment, type Edge } from './edge.js';

/** A cycle from its beginning to its end, or to the time that was asked about while it goes on. */
export type Whole = Readonly<{ from: Edge; to: Edge; open: boolean }>;

/** A static pod's new mirror begins with its creation, which the API server stamped; all else the node did. */
function clockOfStart(history: PodHistory, cycle: CycleHistory): Clock {
  const { metadata, status } = viewOf(history.parts);
  const created = text(metadata.creationTimestamp);
  return cycle.startedAt === created && created !== text(status.startTime) ? 'apiserver' : 'node';
}

/** When a cycle began; null where that is not known. */
export const beginningOf = (history: PodHistory, cycle: CycleHistory): Edge | null =>
  by(cycle.startedAt, cycle.startNotBefore, clockOfStart(history, cycle));

/** The node stamped how its containers ended; that a pod was to go, or had gone, the API server did. */
function clockOfEnd(history: PodHistory, cycle: CycleHistory): Clock {
  if (cycle.outcome === 'completed' || cycle.abortCause === 'beganAgain') return 'node';
  const ofContainer = Object.values(history.containers).some((container) =>
    attemptsIn(container, cycle.number).some(({ end }) => end?.finishedAt === cycle.endedAt),
  );
  return ofContainer ? 'node' : 'apiserver';
}

/**
 * When a cycle ended. Of a pod that was found missing all that is known is when it was: what its status showed last may
 * have been stale (semantics 2.9, node unreachable).
 */
function endOf(history: PodHistory, cycle: CycleHistory): Edge | null {
  if (cycle.endedAt !== null) {
    // Begun and over within one look: it can have ended at any time since.
    const notBefore = cycle.outcome === 'unknown' ? cycle.startedAt : cycle.endNotBefore;
    return by(cycle.endedAt, notBefore, clockOfEnd(history, cycle));
  }
  const between = history.gone?.between ?? null;
  return between && cycle.outcome === 'unknown' ? by(between.foundMissing, cycle.startedAt, 'watcher') : null;
}

/**
 * Null where its beginning or its end is not known at all.
 *
 * @param at epoch milliseconds
 */
export function wholeOf(history: PodHistory, cycle: CycleHistory, at: number): Whole | null {
  const from = beginningOf(history, cycle);
  if (!from) return null;
  if (cycle.outcome === 'running') return { from, to: moment(Math.max(from.at, at), from.clock), open: true };
  const to = endOf(history, cycle);
  if (!to) return null;
  return { from, to: to.at < from.at ? { ...to, at: from.at, hi: Math.max(to.hi, from.at) } : to, open: false };
}

/** Step 7: ends before the initialization was complete (semantics 8.2 step 7, 2.9). */
import type { AbortCause, Happening } from '../happenings.js';
import { attemptsIn, containerOf, newestCycle, type PodHistory } from '../history.js';
import { text } from '../snapshot.js';
import { categoryOfDisruption, categoryOfPodReason, isAdmissionReason, type Category } from '../taxonomy.js';
import { later } from '../time.js';
import { currentOf } from './satisfied.js';
import { apiTime, basisOf, nodeTime, whenWritten, type Moment, type Sight } from './sight.js';
import { tell } from './tell.js';

type Abort = Readonly<{
  cause: AbortCause;
  category: Category;
  reason: string | null;
  message: string | null;
  when: Moment;
}>;

const causes: Partial<Readonly<Record<Category, AbortCause>>> = {
  DEADLINE: 'deadline',
  EVICTION: 'evicted',
  PREEMPTION: 'preempted',
  NODE_SHUTDOWN: 'nodeShutdown',
  NODE_LOST: 'nodeLost',
};

/** When the last instance of the cycle ended; else when the kubelet wrote that all was over. */
function endTime(history: PodHistory, sight: Sight): Moment {
  const cycle = newestCycle(history)?.number ?? 0;
  let last: string | null = null;
  for (const container of Object.keys(history.containers)) {
    for (const attempt of attemptsIn(containerOf(history, container), cycle))
      last = later(last, attempt.end?.finishedAt ?? null);
  }
  return last === null ? whenWritten(sight) : nodeTime(last, 'state.terminated.finishedAt');
}

/** The pod failed for a reason that is not a container's: deadline, eviction, preemption, shutdown, node loss. */
function fromOutside(history: PodHistory, sight: Sight): Abort | null {
  const { phase, reason, message } = sight.now.status;
  const category = phase === 'Failed' ? categoryOfPodReason(reason ?? '') : null;
  const cause = category ? causes[category] : undefined;
  if (!category || !cause) return null;
  return { cause, category, reason: text(reason), message: text(message), when: endTime(history, sight) };
}

/** Its deletion was asked for: by whoever announced a disruption before, else by somebody. */
function deletion(history: PodHistory): Abort | null {
  if (!history.deletion) return null;
  const when = apiTime(history.deletion.requestedAt, 'metadata.deletionTimestamp');
  const announced = history.disruption;
  if (!announced) return { cause: 'deleted', category: 'DELETED', reason: null, message: null, when };
  const category = categoryOfDisruption(announced.reason);
  return { cause: causes[category] ?? 'deleted', category, reason: announced.reason, message: announced.message, when };
}

function abort(history: PodHistory, sight: Sight): readonly Happening[] {
  const found = fromOutside(history, sight) ?? deletion(history);
  if (!found) return [];
  return [
    tell(history, sight, {
      type: 'InitializationAborted',
      key: [newestCycle(history)?.number ?? 0, found.cause],
      when: found.when,
      basis: basisOf(sight),
      container: currentOf(history, sight.now, newestCycle(history)?.number ?? 0)?.name ?? null,
      cause: found.cause,
      category: found.category,
      reason: found.reason,
      message: found.message,
    }),
  ];
}

/** The kubelet refused the pod: its status was replaced, so there are no containers (semantics 2.9). */
function rejection(history: PodHistory, sight: Sight): readonly Happening[] {
  const { reason, message } = sight.now.status;
  const words = {
    when: whenWritten(sight),
    basis: basisOf(sight),
    container: null,
    reason: reason ?? '',
    message: text(message),
  } as const;
  return [
    tell(history, sight, { type: 'PodRejectedByNode', key: [reason ?? ''], ...words }),
    tell(history, sight, {
      type: 'InitializationFailed',
      key: [newestCycle(history)?.number ?? 0, reason ?? ''],
      ...words,
      category: 'ADMISSION',
      exitCode: null,
    }),
  ];
}

/** The pod failed of its own: by the init container it was at. */
function failure(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history)?.number ?? 0;
  const current = currentOf(history, sight.now, cycle);
  const end = current ? attemptsIn(containerOf(history, current.name), cycle).at(-1)?.end : null;
  return [
    tell(history, sight, {
      type: 'InitializationFailed',
      key: [cycle, current?.name ?? null, end?.finishedAt ?? null],
      when: endTime(history, sight),
      basis: basisOf(sight),
      container: current?.name ?? null,
      category: end?.category ?? 'UNKNOWN',
      reason: end?.reason ?? text(sight.now.status.reason),
      message: end?.message ?? text(sight.now.status.message),
      exitCode: end?.exitCode ?? null,
    }),
  ];
}

export function ends(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history);
  if (history.endedEarly !== null || (cycle !== null && cycle.outcome !== 'running')) return [];
  const { phase, reason } = sight.now.status;
  if (phase === 'Failed' && isAdmissionReason(reason ?? '')) return rejection(history, sight);
  const aborted = abort(history, sight);
  if (aborted.length > 0) return aborted;
  return phase === 'Failed' ? failure(history, sight) : [];
}

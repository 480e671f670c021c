/** Step 7: ends before the initialization was complete (semantics 8.2 step 7, 2.9). */
import { podSources } from '../category-source.js';
import type { AbortCause, Happening } from '../happenings.js';
import { attemptsIn, containerOf, cycleNumber, newestCycle, type PodHistory } from '../history.js';
import { text } from '../snapshot.js';
import { categoryOfDisruption, categoryOfPodReason, isAdmissionReason, type Category } from '../taxonomy.js';
import { later } from '../time.js';
import { refused } from './instances.js';
import { currentOf } from './satisfied.js';
import { apiTime, basisOf, nodeTime, whenWritten, type Moment, type Sight } from './sight.js';
import { tell } from './tell.js';

type Abort = Readonly<{
  cause: AbortCause;
  category: Category;
  categorySource: string;
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
  const cycle = cycleNumber(history);
  let last: string | null = null;
  for (const container of Object.keys(history.containers)) {
    for (const attempt of attemptsIn(containerOf(history, container), cycle))
      last = later(last, attempt.end?.finishedAt ?? null);
  }
  return last === null ? whenWritten(sight) : nodeTime(last, 'state.terminated.finishedAt');
}

/** `status.reason` names what came from outside: deadline, eviction, preemption, shutdown, a lost node (semantics 2.9, 3.4). */
function byReason({ now }: Sight): Omit<Abort, 'when'> | null {
  const category = categoryOfPodReason(now.status.reason ?? '');
  const cause = category ? causes[category] : undefined;
  if (!category || !cause) return null;
  return {
    cause,
    category,
    categorySource: podSources.reason,
    reason: text(now.status.reason),
    message: text(now.status.message),
  };
}

/** So does a disruption that was announced before, by whoever did it (semantics 1.1, 3.3). */
function byDisruption({ disruption }: PodHistory): Omit<Abort, 'when'> | null {
  if (!disruption) return null;
  const { reason, message } = disruption;
  const category = categoryOfDisruption(reason);
  const cause = reason === 'DeletionByDeviceTaintManager' ? 'deviceTaint' : (causes[category] ?? 'deleted');
  return { cause, category, categorySource: podSources.disruption, reason, message };
}

/**
 * The pod failed, and not of its own. PodGC marks a pod of a node that is no more as Failed without a reason: there only
 * the disruption tells (semantics 2.9).
 */
function fromOutside(history: PodHistory, sight: Sight): Abort | null {
  const found = sight.now.status.phase === 'Failed' ? (byReason(sight) ?? byDisruption(history)) : null;
  return found && { ...found, when: endTime(history, sight) };
}

/** Its deletion was asked for: by whoever announced a disruption before, else by somebody. */
function deletion(history: PodHistory, sight: Sight): Abort | null {
  if (!history.deletion) return null;
  const found = byDisruption(history) ?? byReason(sight);
  const when = apiTime(history.deletion.requestedAt, 'metadata.deletionTimestamp');
  const deleted = { cause: 'deleted', category: 'DELETED', categorySource: podSources.deletion } as const;
  return { ...deleted, reason: null, message: null, ...found, when };
}

function abort(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = cycleNumber(history);
  const found = fromOutside(history, sight) ?? deletion(history, sight);
  if (!found) return [];
  return [
    tell(history, sight, {
      type: 'InitializationAborted',
      key: [cycle, found.cause],
      when: found.when,
      basis: basisOf(sight),
      container: currentOf(history, sight.now, cycle)?.name ?? null,
      cause: found.cause,
      category: found.category,
      categorySource: found.categorySource,
      reason: found.reason,
      message: found.message,
    }),
  ];
}

/**
 * The kubelet refused the pod: its status was replaced, so there are no containers (semantics 2.9). On a node that is
 * shutting down that is an end from outside, too.
 */
function rejection(history: PodHistory, sight: Sight, reason: string): readonly Happening[] {
  const words = {
    when: whenWritten(sight),
    basis: basisOf(sight),
    container: null,
    reason,
    message: text(sight.now.status.message),
  } as const;
  const rejected = tell(history, sight, { type: 'PodRejectedByNode', key: [reason], ...words });
  const aborted = byReason(sight) ? abort(history, sight) : [];
  if (aborted.length > 0) return [rejected, ...aborted];
  return [
    rejected,
    tell(history, sight, {
      type: 'InitializationFailed',
      key: [cycleNumber(history), reason],
      ...words,
      category: 'ADMISSION',
      categorySource: podSources.reason,
      exitCode: null,
    }),
  ];
}

/** The pod failed of its own: by the init container it was at. */
function failure(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = cycleNumber(history);
  const current = currentOf(history, sight.now, cycle);
  const attempt = current ? attemptsIn(containerOf(history, current.name), cycle).at(-1) : undefined;
  const end = attempt?.end;
  return [
    tell(history, sight, {
      type: 'InitializationFailed',
      key: [cycle, current?.name, attempt?.containerId],
      when: endTime(history, sight),
      basis: basisOf(sight),
      container: current?.name ?? null,
      category: end?.category ?? 'UNKNOWN',
      categorySource: end?.categorySource ?? podSources.phase,
      reason: end?.reason ?? text(sight.now.status.reason),
      message: end?.message ?? text(sight.now.status.message),
      exitCode: end?.exitCode ?? null,
    }),
  ];
}

export function ends(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history);
  if (history.endedEarly !== null || (cycle !== null && cycle.outcome !== 'running')) return [];
  const { phase, reason = '' } = sight.now.status;
  if (refused(sight.now) || (phase === 'Failed' && isAdmissionReason(reason))) return rejection(history, sight, reason);
  const aborted = abort(history, sight);
  if (aborted.length > 0) return aborted;
  return phase === 'Failed' ? failure(history, sight) : [];
}

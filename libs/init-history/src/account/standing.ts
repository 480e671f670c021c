/** Where a pod stands: its state, why it does not go on, and since when. */
import type { PodAccount, PodState } from '../account.js';
import type { Context } from '../context.js';
import { currentOf } from '../derive/satisfied.js';
import {
  attemptsIn,
  containerOf,
  newestCycle,
  type CycleHistory,
  type PodHistory,
  type TroubleHistory,
} from '../history.js';
import { isSidecar, text, viewOf, type PodView } from '../snapshot.js';
import { categoryOfTrouble, categoryOfWaiting, type Category } from '../taxonomy.js';
import { before, millis } from '../time.js';

export type Standing = Pick<PodAccount, 'state' | 'category' | 'stuckSince'>;

const outcomes: Readonly<Record<CycleHistory['outcome'], PodState>> = {
  running: 'initializing',
  completed: 'initialized',
  failed: 'failed',
  aborted: 'aborted',
  unknown: 'unknown',
};

/** Before the node accepted the pod: gated, or without a node, or waiting for the node to take notice. */
function unaccepted(history: PodHistory): Standing {
  const view = viewOf(history.parts);
  const created = text(view.metadata.creationTimestamp);
  const early = history.endedEarly;
  if (early) return { state: early.outcome, category: early.category, stuckSince: null };
  if (history.gone) return { state: 'unknown', category: null, stuckSince: null };
  if (history.scheduling) {
    const category = history.scheduling.reason === 'SchedulingGated' ? 'GATED' : 'SCHEDULING';
    return { state: 'pending', category, stuckSince: history.scheduling.since ?? created };
  }
  return { state: 'pending', category: 'PENDING', stuckSince: history.scheduledAt ?? created };
}

/** The node's kubelet is silent: what the statuses say is stale (semantics 2.9, node unreachable). */
function nodeLost(view: PodView, context: Context): Standing | null {
  const silent = context.node?.ready?.status === 'Unknown' && view.conditions['Ready']?.status === 'False';
  return silent
    ? { state: 'initializing', category: 'NODE_LOST', stuckSince: context.node?.ready?.since ?? null }
    : null;
}

/**
 * Why there is no sandbox yet, by the newest Event that tells (semantics 3.5). Volumes come before the sandbox, so a
 * later word on the sandbox means that the volumes are there.
 */
function beforeSandbox(history: PodHistory, cycle: CycleHistory, view: PodView): Standing | null {
  if (view.conditions['PodReadyToStartContainers']?.status === 'True') return null;
  const told = Object.values(history.troubles)
    .filter((trouble) => categoryOfTrouble(trouble.reason) !== null && !before(trouble.at, cycle.startedAt))
    .toSorted(
      (a: TroubleHistory, b: TroubleHistory) => (millis(a.at) ?? 0) - (millis(b.at) ?? 0) || a.position - b.position,
    );
  const newest = told.at(-1);
  if (!newest) return null;
  return { state: 'initializing', category: categoryOfTrouble(newest.reason), stuckSince: cycle.startedAt };
}

/** First failure since the last success: a crash loop stands there, also while it runs its next try. */
function failingSince(
  history: PodHistory,
  name: string,
  cycle: number,
): Readonly<{ category: Category; since: string | null }> | null {
  const attempts = attemptsIn(containerOf(history, name), cycle);
  const failures = attempts.filter((attempt) => attempt.end && attempt.end.outcome !== 'succeeded');
  const newest = failures.at(-1)?.end;
  if (!newest) return null;
  const since = failures[0]?.end?.finishedAt ?? failures[0]?.startedAt ?? null;
  return { category: newest.category ?? 'UNKNOWN', since };
}

function atContainer(history: PodHistory, cycle: CycleHistory, view: PodView): Standing {
  const current = currentOf(history, view, cycle.number);
  if (!current) return { state: 'initializing', category: null, stuckSince: cycle.startedAt };
  const status = view.initStatuses.find((one) => one.name === current.name);
  const known = containerOf(history, current.name);
  const endedEarly = isSidecar(current) && status?.state?.terminated?.exitCode === 0;
  const failing = endedEarly ? null : failingSince(history, current.name, cycle.number);
  const waiting = status?.state?.waiting;
  const category = waiting && categoryOfWaiting(text(waiting.reason) ?? '', status?.lastState?.terminated);
  const ofItsOwn = category && category !== 'PENDING' && text(waiting?.reason) !== 'CrashLoopBackOff';
  if (ofItsOwn) return { state: 'initializing', category, stuckSince: failing?.since ?? waitsSince() };
  if (failing) return { state: 'initializing', category: failing.category, stuckSince: failing.since ?? waitsSince() };
  const running = attemptsIn(known, cycle.number).findLast((attempt) => attempt.end === null);
  if (status?.state?.running && running) {
    const started = running.startedAt ?? running.observedAt;
    return { state: 'initializing', category: null, stuckSince: started };
  }
  if (endedEarly) {
    return { state: 'initializing', category: 'SIDECAR_NOT_STARTED', stuckSince: waitsSince() };
  }
  return { state: 'initializing', category: 'PENDING', stuckSince: waitsSince() };

  function waitsSince(): string | null {
    return known.waiting?.cycle === cycle.number ? known.waiting.categorySince : cycle.startedAt;
  }
}

/**
 * Where the newest cycle stands. `PodInitializing` after the last init container succeeded is the app's image being
 * pulled: initialized, and not stuck. A container that plainly runs has no category here: it becomes a DEPENDENCY_WAIT
 * beyond its threshold, which is not this function's to know.
 */
export function standingOf(history: PodHistory, context: Context): Standing {
  const cycle = newestCycle(history);
  if (!cycle) return unaccepted(history);
  if (cycle.outcome !== 'running')
    return { state: outcomes[cycle.outcome], category: cycle.category, stuckSince: null };
  const view = viewOf(history.parts);
  return nodeLost(view, context) ?? beforeSandbox(history, cycle, view) ?? atContainer(history, cycle, view);
}

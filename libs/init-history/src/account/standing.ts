/** Where a pod stands: its state, why it does not go on, and since when. */
import type { PodAccount, PodState } from '../account.js';
import type { Context } from '../context.js';
import { currentOf } from '../derive/satisfied.js';
import {
  attemptsIn,
  containerOf,
  newestCycle,
  type CycleHistory,
  type InitContainerHistory,
  type PodHistory,
} from '../history.js';
import { isSidecar, text, viewOf, type PodView } from '../snapshot.js';
import { categoryOfTrouble, categoryOfWaiting, troublesInOrder } from '../taxonomy.js';
import { before, millis } from '../time.js';
import {
  ofCycle,
  ofEarlyEnd,
  ofEnd,
  ofPod,
  ofScheduling,
  ofSilentNode,
  ofTrouble,
  ofUnaccepted,
  ofWaiting,
  type Why,
} from './evidence.js';

export type Standing = Pick<PodAccount, 'state' | 'category' | 'categoryEvidence' | 'stuckSince'>;

const stands = (why: Why | null, stuckSince: string | null, state: PodState = 'initializing'): Standing => ({
  state,
  category: why?.category ?? null,
  categoryEvidence: why?.evidence ?? null,
  stuckSince,
});

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
  const { endedEarly: early, scheduling } = history;
  if (early) {
    const evidence = ofPod(history, early);
    return { state: early.outcome, category: early.category, categoryEvidence: evidence, stuckSince: null };
  }
  if (history.gone) return stands(null, null, 'unknown');
  if (scheduling) {
    const category = scheduling.reason === 'SchedulingGated' ? 'GATED' : 'SCHEDULING';
    return stands({ category, evidence: ofScheduling(scheduling) }, scheduling.since ?? created, 'pending');
  }
  return stands({ category: 'PENDING', evidence: ofUnaccepted(history) }, history.scheduledAt ?? created, 'pending');
}

/** The node's kubelet is silent: what the statuses say is stale (semantics 2.9, node unreachable). */
function nodeLost(view: PodView, { node }: Context): Standing | null {
  if (node?.ready?.status !== 'Unknown' || view.conditions['Ready']?.status !== 'False') return null;
  return stands({ category: 'NODE_LOST', evidence: ofSilentNode(node.name) }, node.ready.since);
}

/**
 * Why there is no sandbox yet, by the newest Event that tells (semantics 3.5). Volumes come before the sandbox, so a
 * later word on the sandbox means that the volumes are there; of one second, the order of 3.5 decides.
 */
function beforeSandbox(history: PodHistory, cycle: CycleHistory, view: PodView): Standing | null {
  if (view.conditions['PodReadyToStartContainers']?.status === 'True') return null;
  // Kubelets before 1.29 do not tell of the sandbox: an instance that began does.
  if (Object.values(history.containers).some((known) => attemptsIn(known, cycle.number).length > 0)) return null;
  const [newest] = Object.values(history.troubles)
    .flatMap((trouble) => {
      const category = categoryOfTrouble(trouble.reason);
      return category === null || before(trouble.at, cycle.startedAt) ? [] : [{ category, trouble }];
    })
    .toSorted(
      (a, b) =>
        (millis(b.trouble.at) ?? 0) - (millis(a.trouble.at) ?? 0) ||
        troublesInOrder.indexOf(a.category) - troublesInOrder.indexOf(b.category) ||
        b.trouble.position - a.trouble.position,
    );
  if (!newest) return null;
  return stands({ category: newest.category, evidence: ofTrouble(newest.trouble) }, cycle.startedAt);
}

/** First failure since the last success: a crash loop stands there, also while it runs its next try. */
function failingSince(known: InitContainerHistory, cycle: number): Readonly<{ why: Why; since: string | null }> | null {
  const failures = attemptsIn(known, cycle).filter((attempt) => attempt.end && attempt.end.outcome !== 'succeeded');
  const newest = failures.at(-1)?.end;
  const evidence = newest ? ofEnd(newest) : null;
  if (!newest || !evidence) return null;
  const since = failures[0]?.end?.finishedAt ?? failures[0]?.startedAt ?? null;
  return { why: { category: newest.category ?? 'UNKNOWN', evidence }, since };
}

function atContainer(history: PodHistory, cycle: CycleHistory, view: PodView): Standing {
  const current = currentOf(history, view, cycle.number);
  if (!current) return stands(null, cycle.startedAt);
  const status = view.initStatuses.find((one) => one.name === current.name);
  const known = containerOf(history, current.name);
  const endedEarly = isSidecar(current) && status?.state.terminated?.exitCode === 0;
  const failing = endedEarly ? null : failingSince(known, cycle.number);
  const waiting = status?.state.waiting;
  const reason = text(waiting?.reason) ?? '';
  const category = waiting && categoryOfWaiting(reason, status?.lastState.terminated);
  const position = known.waiting?.position ?? null;
  if (category && category !== 'PENDING' && (reason !== 'CrashLoopBackOff' || !failing)) {
    return stands({ category, evidence: ofWaiting(current.name, reason, position) }, failing?.since ?? waitsSince());
  }
  if (failing) return stands(failing.why, failing.since ?? waitsSince());
  const running = attemptsIn(known, cycle.number).findLast((attempt) => attempt.end === null);
  if (status?.state.running && running) return stands(null, running.startedAt ?? running.observedAt);
  if (endedEarly) {
    const end = attemptsIn(known, cycle.number).at(-1)?.end?.position ?? null;
    return stands({ category: 'SIDECAR_NOT_STARTED', evidence: ofEarlyEnd(current.name, end) }, waitsSince());
  }
  return stands({ category: 'PENDING', evidence: ofWaiting(current.name, reason, position) }, waitsSince());

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
  if (cycle.outcome !== 'running') {
    const [state, { category }] = [outcomes[cycle.outcome], cycle];
    return { state, category, categoryEvidence: ofCycle(history, cycle), stuckSince: null };
  }
  const view = viewOf(history.parts);
  return nodeLost(view, context) ?? beforeSandbox(history, cycle, view) ?? atContainer(history, cycle, view);
}

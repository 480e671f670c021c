/** Init containers of one cycle as they are told: where each stands, and its attempts. */
import type { InitContainerAccount, InitContainerState } from '../account.js';
import { satisfied } from '../derive/satisfied.js';
import {
  attemptsIn,
  containerOf,
  newestCycle,
  type AttemptHistory,
  type CycleHistory,
  type InitContainerHistory,
  type PodHistory,
} from '../history.js';
import { isSidecar, text, viewOf, type ContainerSpec, type ContainerStatus, type PodView } from '../snapshot.js';
import { categoryOfWaiting, type Category } from '../taxonomy.js';
import { attemptOf, mayRun } from './attempts.js';

/** One init container in one cycle. */
export type Placed = Readonly<{
  history: PodHistory;
  view: PodView;
  spec: ContainerSpec;
  status: ContainerStatus | undefined;
  known: InitContainerHistory;
  cycle: CycleHistory;
  /** True of the cycle that the pod's present status is about. */
  newest: boolean;
  done: boolean;
  attempts: readonly AttemptHistory[];
}>;

export function placed(history: PodHistory, cycle: CycleHistory, spec: ContainerSpec): Placed {
  const view = viewOf(history.parts);
  const known = containerOf(history, spec.name);
  return {
    history,
    view,
    spec,
    known,
    cycle,
    status: view.initStatuses.find((status) => status.name === spec.name),
    newest: newestCycle(history)?.number === cycle.number,
    done: satisfied(history, spec, cycle.number),
    attempts: attemptsIn(known, cycle.number),
  };
}

/** Its present status says that this instance runs. */
export function runsNow(place: Placed, attempt: AttemptHistory): boolean {
  const { status, history, newest } = place;
  const shown = status?.state?.running !== undefined && text(status.containerID) === attempt.containerId;
  return newest && shown && attempt.end === null && mayRun(history);
}

/**
 * What the container waits for: of the newest cycle, while it has not been passed. Of a cycle that ended before, what it
 * waited for when it ended.
 */
function waitingNow(place: Placed): Readonly<{ reason: string; message: string | null }> | null {
  const { cycle, known, newest, done } = place;
  if (done || cycle.outcome === 'completed') return null;
  if (cycle.outcome !== 'running') return known.waiting?.cycle === cycle.number ? known.waiting : null;
  const waiting = place.status?.state?.waiting;
  if (!waiting || !newest) return null;
  return { reason: text(waiting.reason) ?? '', message: text(waiting.message) };
}

function stateOf(place: Placed, isCurrent: boolean): InitContainerState {
  const { attempts, known, cycle, done, spec } = place;
  if (known.skippedIn.includes(cycle.number)) return 'skipped';
  const last = attempts.at(-1);
  if (last && runsNow(place, last)) return 'running';
  if (done && !isSidecar(spec)) return 'succeeded';
  if (last?.end?.outcome === 'failed') return isCurrent && waitingNow(place) ? 'waiting' : 'failed';
  if (last?.end?.outcome === 'succeeded')
    return isSidecar(spec) && awaitsRestart(place, isCurrent) ? 'waiting' : 'succeeded';
  if (last) return isCurrent && waitingNow(place) ? 'waiting' : 'unknown';
  return unstarted(place, isCurrent);
}

/** A sidecar that ended with 0 before it had started is to start again: nothing goes on without it. */
const awaitsRestart = (place: Placed, isCurrent: boolean): boolean =>
  isCurrent && !place.done && place.cycle.outcome === 'running';

/** Of an init container of which this cycle showed no instance. */
function unstarted(place: Placed, isCurrent: boolean): InitContainerState {
  const { cycle, known } = place;
  if (cycle.outcome === 'completed' || (known.missed[String(cycle.number)] ?? 0) > 0) return 'unknown';
  return isCurrent && (cycle.outcome === 'running' || waitingNow(place) !== null) ? 'waiting' : 'notReached';
}

/** Why it does not go on, or why it ended as it did. */
function categoryOf(place: Placed, state: InitContainerState): Category | null {
  const waiting = waitingNow(place);
  const lastFailure = place.attempts.findLast((attempt) => attempt.end && attempt.end.outcome !== 'succeeded')?.end;
  if (state === 'waiting' && waiting) {
    const category = categoryOfWaiting(waiting.reason, place.status?.lastState?.terminated);
    return category === 'PENDING' ? (lastFailure?.category ?? 'PENDING') : category;
  }
  if (state === 'waiting')
    return isSidecar(place.spec) && place.attempts.length > 0 ? 'SIDECAR_NOT_STARTED' : 'PENDING';
  if (state === 'succeeded' || state === 'skipped' || state === 'notReached') return null;
  if (state === 'running' && place.done) return null;
  return lastFailure?.category ?? null;
}

/** @param isCurrent whether the pod is at this container: the first that has not been passed */
export function initContainerAccount(place: Placed, isCurrent: boolean, at: number): InitContainerAccount {
  const { spec, known, cycle, status, newest } = place;
  const state = stateOf(place, isCurrent);
  const waiting = state === 'waiting' ? waitingNow(place) : null;
  return {
    name: spec.name,
    index: place.view.initContainers.indexOf(spec),
    kind: isSidecar(spec) ? 'sidecar' : 'regular',
    image: place.attempts.findLast((attempt) => attempt.image !== null)?.image ?? text(spec.image) ?? '',
    state,
    done: place.done || state === 'skipped',
    waitingReason: waiting ? waiting.reason : null,
    waitingMessage: waiting?.message ?? null,
    category: categoryOf(place, state),
    waitsFor: null,
    restartCount: newest ? (status?.restartCount ?? 0) : (place.attempts.at(-1)?.restartCount ?? 0),
    missedAttempts: known.missed[String(cycle.number)] ?? 0,
    attempts: place.attempts.map((attempt) => attemptOf(attempt, runsNow(place, attempt), at)),
  };
}

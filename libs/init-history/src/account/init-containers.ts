/** Init containers of one cycle as they are told: where each stands, and its attempts. */
import type { InitContainerAccount, InitContainerState } from '../account.js';
import { waitsForText } from '../dependency/dependency.js';
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
import { endsOf } from '../phases/attempts.js';
import { isSidecar, text, viewOf, type ContainerSpec, type ContainerStatus, type PodView } from '../snapshot.js';
import { cappedReason, categoryOfWaiting } from '../taxonomy.js';
import { attemptOf, mayRun } from './attempts.js';
import { dependenciesOf } from './dependencies.js';
import { ofEnd, ofWaiting, type Why } from './evidence.js';
import { Memory } from './memory.js';

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
  const shown = status?.state.running !== undefined && text(status.containerID) === attempt.containerId;
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
  const waiting = place.status?.state.waiting;
  if (!waiting || !newest) return null;
  return { reason: text(waiting.reason) ?? '', message: text(waiting.message) };
}

function stateOf(place: Placed, isCurrent: boolean): InitContainerState {
  const { attempts, known, cycle, done, spec } = place;
  if (known.skips.some((skip) => skip.cycle === cycle.number)) return 'skipped';
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

/** Why it does not go on, or why it ended as it did; null where nothing holds it up. */
function whyOf(place: Placed, state: InitContainerState): Why | null {
  if (state === 'succeeded' || state === 'skipped' || state === 'notReached') return null;
  if (state === 'running' && place.done) return null;
  const waiting = waitingNow(place);
  if (state === 'waiting' && waiting) return whyWaiting(place, waiting);
  const failure = lastFailure(place);
  if (state !== 'waiting') return failure;
  const category = isSidecar(place.spec) && place.attempts.length > 0 ? 'SIDECAR_NOT_STARTED' : 'PENDING';
  return { category, evidence: ofWaiting(place.spec.name, '', place.attempts.at(-1)?.end?.position ?? null) };
}

/** A crash loop, and preparing for the next try, say nothing of their own: the last end does (semantics 3.1). */
function whyWaiting(place: Placed, { reason }: Readonly<{ reason: string }>): Why {
  const { spec, known, status } = place;
  const category = categoryOfWaiting(reason, status?.lastState.terminated);
  const failure = category === 'PENDING' || reason === 'CrashLoopBackOff' ? lastFailure(place) : null;
  return failure ?? { category, evidence: ofWaiting(spec.name, reason, known.waiting?.position ?? null) };
}

function lastFailure({ attempts }: Placed): Why | null {
  const end = attempts.findLast((attempt) => attempt.end && attempt.end.outcome !== 'succeeded')?.end;
  const evidence = end ? ofEnd(end) : null;
  return end?.category && evidence ? { category: end.category, evidence } : null;
}

/** Containers of cycles of which no instance runs: they are told the same, whenever that is. */
const still = new Memory<CycleHistory, InitContainerAccount>();

/** Whether it would be told otherwise at another time. */
const isRunning = ({ attempts }: InitContainerAccount): boolean => attempts.some(({ duration }) => duration.running);

/** @param isCurrent whether the pod is at this container: the first that has not been passed */
export function initContainerAccount(place: Placed, isCurrent: boolean, at: number): InitContainerAccount {
  const { history, view, spec, status, cycle, newest } = place;
  const index = view.initContainers.indexOf(spec);
  const sources = [
    history.containers[spec.name],
    history.gone,
    history.first?.position,
    view.metadata.namespace,
    spec,
    index,
    status,
    newest,
    isCurrent,
  ];
  const known = still.recall(cycle, spec.name, sources);
  if (known) return known;
  const told = accountAt(place, { isCurrent, index, at });
  return isRunning(told) ? told : still.keep(cycle, spec.name, sources, told);
}

function accountAt(
  place: Placed,
  { isCurrent, index, at }: Readonly<{ isCurrent: boolean; index: number; at: number }>,
): InitContainerAccount {
  const { spec, known, cycle, status, newest } = place;
  const state = stateOf(place, isCurrent);
  const waiting = state === 'waiting' ? waitingNow(place) : null;
  const why = whyOf(place, state);
  const { purpose, dependencies } = dependenciesOf(place);
  const ends = endsOf(known);
  return {
    name: spec.name,
    index,
    kind: isSidecar(spec) ? 'sidecar' : 'regular',
    image: place.attempts.findLast((attempt) => attempt.image !== null)?.image ?? text(spec.image) ?? '',
    state,
    done: place.done || state === 'skipped',
    waitingReason: waiting ? cappedReason(waiting.reason) : null,
    waitingMessage: waiting?.message ?? null,
    category: why?.category ?? null,
    categoryEvidence: why?.evidence ?? null,
    purpose,
    waitsFor: waitsForText(dependencies),
    dependencies,
    restartCount: newest ? (status?.restartCount ?? 0) : (place.attempts.at(-1)?.restartCount ?? 0),
    missedAttempts: known.missed[String(cycle.number)] ?? 0,
    attempts: place.attempts.map((attempt) =>
      attemptOf(attempt, { container: spec.name, runs: runsNow(place, attempt), ended: ends.get(attempt) ?? null }, at),
    ),
  };
}

/** Step 6: is the initialization complete? Three proofs, the best first (semantics 8.2 step 6). */
import type { Happening } from '../happenings.js';
import { attemptsIn, containerOf, newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { isSidecar, text, type ContainerSpec, type PodView } from '../snapshot.js';
import { before, later, millis } from '../time.js';
import { beganAt, instancesOf, succeeded, type Instance } from './instances.js';
import { allSatisfied, satisfied } from './satisfied.js';
import { basisOf, nodeTime, type Moment, type Sight } from './sight.js';
import { tell } from './tell.js';

type AppInstance = Instance & Readonly<{ container: string }>;

/**
 * The first app container instance that began in this cycle: none does before the last init container is done. An id
 * known from an earlier cycle is that cycle's, whatever its status says now.
 */
function firstApp(history: PodHistory, sight: Sight, cycle: CycleHistory): AppInstance | null {
  const found = sight.now.statuses.flatMap((status) => {
    const known = history.tally.apps[status.name];
    return instancesOf(status)
      .filter((instance) => instance.containerId !== known?.containerId || known.cycle === cycle.number)
      .filter((instance) => !before(beganAt(instance), cycle.startedAt))
      .map((instance): AppInstance => ({ ...instance, container: status.name }));
  });
  return found.toSorted((a, b) => (millis(beganAt(a)) ?? Infinity) - (millis(beganAt(b)) ?? Infinity))[0] ?? null;
}

/** When an init container was passed: by `at`, and not before `notBefore`; both are one time where it is known. */
type Passed = Readonly<{ at: string; notBefore: string }>;

const earlier = (one: string, other: string | null): string => (before(other, one) ? (other ?? one) : one);

/** When the first of the later init containers began in this cycle: what stands before it had been passed. */
function nextBegan(history: PodHistory, after: readonly ContainerSpec[], cycle: number): string | null {
  const starts = after.flatMap((container) => attemptsIn(containerOf(history, container.name), cycle));
  return starts.reduce<string | null>(
    (first, { startedAt }) => (first === null || before(startedAt, first) ? startedAt : first),
    null,
  );
}

/**
 * By the end of its success, or by its first start as a sidecar. That a sidecar with a startup probe has started may be
 * written seconds late, after the next one has even ended (met on a busy node): the next one's start bounds it.
 */
function passedAt(history: PodHistory, view: PodView, index: number, cycle: number): Passed | null {
  const container = view.initContainers[index];
  if (!container) return null;
  const attempts = attemptsIn(containerOf(history, container.name), cycle);
  if (!isSidecar(container)) {
    const at = attempts.find(succeeded)?.end?.finishedAt;
    return at ? { at, notBefore: at } : null;
  }
  const first = attempts.find((attempt) => attempt.sidecarStartedAt !== null);
  if (!first?.sidecarStartedAt) return null;
  const at = earlier(first.sidecarStartedAt, nextBegan(history, view.initContainers.slice(index + 1), cycle));
  return { at, notBefore: first.sidecarNotBefore ?? at };
}

/** When the last of them was passed. */
function lastPassed(history: PodHistory, view: PodView, cycle: number): Passed | null {
  const all = view.initContainers.map((_, i) => passedAt(history, view, i, cycle)).filter((one) => one !== null);
  return all.reduce<Passed | null>(
    (last, one) => ({
      at: later(last?.at ?? null, one.at) ?? one.at,
      notBefore: later(last?.notBefore ?? null, one.notBefore) ?? one.notBefore,
    }),
    null,
  );
}

/**
 * `Initialized=True` ends the first cycle, and only that one: later it stays True throughout (semantics 2.4). It says
 * so of an init container that was OOMKilled with exit code 0, too, which is retried: one that failed or runs contradicts it
 * (recorded, 1.36.3: oom/hungry-child rv 1161).
 */
function initializedTrue(history: PodHistory, sight: Sight, cycle: CycleHistory): boolean {
  if (cycle.number !== 1 || cycle.cause !== 'first') return false;
  if (sight.now.conditions['Initialized']?.status !== 'True') return false;
  return !sight.now.initContainers.some((container) => {
    const newest = attemptsIn(containerOf(history, container.name), cycle.number).at(-1);
    return !isSidecar(container) && newest !== undefined && (newest.end === null || newest.end.outcome === 'failed');
  });
}

type Proof = Readonly<{
  proof: 'containers' | 'condition' | 'appContainer';
  when: Moment;
  notBefore: string | null;
  fact: string | null;
}>;

/** The end lies between two times; where they are one, it is known. */
const bounded = (at: string, notBefore: string | null): string | null => (before(notBefore, at) ? notBefore : null);

/**
 * All were passed. Where the last was a sidecar of which only an upper bound is known, or one that was seen late, the
 * first cycle's condition is a bound, too; it lags behind by a second, on a busy node by several.
 */
function byContainers(history: PodHistory, sight: Sight, cycle: CycleHistory): Proof | null {
  const passed = lastPassed(history, sight.now, cycle.number);
  if (!passed || !allSatisfied(history, sight.now, cycle.number)) return null;
  const condition = cycle.number === 1 && cycle.cause === 'first' ? sight.now.conditions['Initialized'] : undefined;
  const told = condition?.status === 'True' ? text(condition.lastTransitionTime) : null;
  const byTold = before(told, passed.at);
  const at = earlier(passed.at, told);
  const when = nodeTime(at, byTold ? 'status.conditions.Initialized' : 'state');
  return { proof: 'containers', when, notBefore: bounded(at, passed.notBefore), fact: at };
}

/** The condition is written after the fact: an upper bound, except of a pod that has nothing to wait for. */
function byCondition(history: PodHistory, sight: Sight, cycle: CycleHistory): Proof | null {
  if (!initializedTrue(history, sight, cycle)) return null;
  const at = text(sight.now.conditions['Initialized']?.lastTransitionTime);
  const known = lastPassed(history, sight.now, cycle.number)?.notBefore ?? cycle.startedAt;
  const notBefore = at === null || sight.now.initContainers.length === 0 ? null : bounded(at, known);
  return { proof: 'condition', when: nodeTime(at, 'status.conditions.Initialized'), notBefore, fact: at };
}

/** No app container begins before: its start is an upper bound. */
function byApp(history: PodHistory, sight: Sight, cycle: CycleHistory): Proof | null {
  const app = firstApp(history, sight, cycle);
  if (!app) return null;
  const notBefore = later(lastPassed(history, sight.now, cycle.number)?.notBefore ?? null, cycle.startedAt);
  return { proof: 'appContainer', when: nodeTime(beganAt(app), 'state.startedAt'), notBefore, fact: app.containerId };
}

const proofOf = (history: PodHistory, sight: Sight, cycle: CycleHistory): Proof | null =>
  byContainers(history, sight, cycle) ?? byCondition(history, sight, cycle) ?? byApp(history, sight, cycle);

/** An end that was only a mark of deletion is taken back by a completion that came before it; an unknown one by any. */
const standsAgainst = (cycle: CycleHistory, proof: Proof): boolean =>
  cycle.outcome === 'unknown' ||
  (cycle.outcome === 'aborted' && cycle.abortCause !== 'beganAgain' && before(proof.when.at, cycle.endedAt));

/** Regular init containers that this cycle passed over (semantics 2.4, known kubelet bugs). */
function skipped(history: PodHistory, sight: Sight, cycle: CycleHistory): readonly Happening[] {
  if (cycle.number < 2) return [];
  const covered = sight.context.gaps.some(
    (gap) => gap.resource === 'pods' && !before(gap.to, cycle.startedAt) && !before(sight.receivedAt, gap.from),
  );
  if (covered) return [];
  return sight.now.initContainers.flatMap((container, index) => {
    const known = containerOf(history, container.name);
    const ran = attemptsIn(known, cycle.number).length > 0 || satisfied(history, container, cycle.number);
    if (isSidecar(container) || ran || (known.missed[String(cycle.number)] ?? 0) > 0) return [];
    const containerId = known.attempts.at(-1)?.containerId ?? null;
    return [
      tell(history, sight, {
        type: 'InitContainerSkipped',
        key: [cycle.number, container.name, containerId],
        when: nodeTime(null, 'none'),
        basis: 'inferred',
        rule: 'app-began-without-it',
        container: container.name,
        index,
        containerId,
      }),
    ];
  });
}

export function completion(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history);
  if (!cycle || cycle.outcome === 'completed') return [];
  const proof = proofOf(history, sight, cycle);
  if (!proof || (cycle.outcome !== 'running' && !standsAgainst(cycle, proof))) return [];
  const attempts = sight.now.initContainers.reduce(
    (sum, container) => sum + attemptsIn(containerOf(history, container.name), cycle.number).length,
    0,
  );
  return [
    ...(proof.proof === 'appContainer' ? skipped(history, sight, cycle) : []),
    tell(history, sight, {
      type: 'InitializationCompleted',
      key: [cycle.number, proof.proof, proof.fact],
      when: proof.when,
      basis: proof.proof === 'appContainer' ? 'inferred' : basisOf(sight),
      ...(proof.proof === 'appContainer' ? { rule: 'app-began' } : {}),
      container: null,
      supersedes: cycle.endHappening,
      proof: proof.proof,
      notBefore: proof.notBefore,
      attempts,
    }),
  ];
}

/** The first app container that began in the newest cycle. */
export function appStarted(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history);
  if (!cycle || cycle.app !== null) return [];
  const app = firstApp(history, sight, cycle);
  if (!app) return [];
  return [
    tell(history, sight, {
      type: 'AppContainersStarted',
      key: [cycle.number, app.containerId],
      when: nodeTime(beganAt(app), 'state.startedAt'),
      basis: app.ended === null ? basisOf(sight) : 'reconstructed',
      container: app.container,
      containerId: app.containerId,
    }),
  ];
}

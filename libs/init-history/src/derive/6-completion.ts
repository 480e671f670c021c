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

type Passed = Readonly<{ at: string; notBefore: string | null }>;

/** When an init container was passed in a cycle: by the end of its success, or by its first start as a sidecar. */
function passedAt(history: PodHistory, container: ContainerSpec, cycle: number): Passed | null {
  const attempts = attemptsIn(containerOf(history, container.name), cycle);
  if (isSidecar(container)) {
    const first = attempts.find((attempt) => attempt.sidecarStartedAt !== null);
    return first?.sidecarStartedAt ? { at: first.sidecarStartedAt, notBefore: first.sidecarNotBefore } : null;
  }
  const at = attempts.find(succeeded)?.end?.finishedAt;
  return at ? { at, notBefore: null } : null;
}

/** When the last of them was passed. */
const lastPassed = (history: PodHistory, view: PodView, cycle: number): Passed | null =>
  view.initContainers
    .map((container) => passedAt(history, container, cycle))
    .reduce((last, one) => (one && (!last || before(last.at, one.at)) ? one : last), null);

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

/**
 * All were passed. Where the last was a sidecar of which only an upper bound is known, or one that was seen late, the
 * first cycle's condition has the node's time for it.
 */
function byContainers(history: PodHistory, sight: Sight, cycle: CycleHistory): Proof | null {
  const passed = lastPassed(history, sight.now, cycle.number);
  if (!passed || !allSatisfied(history, sight.now, cycle.number)) return null;
  const condition = cycle.number === 1 && cycle.cause === 'first' ? sight.now.conditions['Initialized'] : undefined;
  const told = condition?.status === 'True' ? text(condition.lastTransitionTime) : null;
  if (told !== null && (passed.notBefore !== null || before(told, passed.at))) {
    return { proof: 'containers', when: nodeTime(told, 'status.conditions.Initialized'), notBefore: null, fact: told };
  }
  return { proof: 'containers', when: nodeTime(passed.at, 'state'), notBefore: passed.notBefore, fact: passed.at };
}

function byCondition(history: PodHistory, sight: Sight, cycle: CycleHistory): Proof | null {
  if (!initializedTrue(history, sight, cycle)) return null;
  const at = text(sight.now.conditions['Initialized']?.lastTransitionTime);
  return { proof: 'condition', when: nodeTime(at, 'status.conditions.Initialized'), notBefore: null, fact: at };
}

/** No app container begins before: its start is an upper bound. */
function byApp(history: PodHistory, sight: Sight, cycle: CycleHistory): Proof | null {
  const app = firstApp(history, sight, cycle);
  if (!app) return null;
  const notBefore = later(lastPassed(history, sight.now, cycle.number)?.at ?? null, cycle.startedAt);
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

/** Step 6: is the initialization complete? Three proofs, the best first (semantics 8.2 step 6). */
import type { Happening } from '../happenings.js';
import { attemptsIn, containerOf, newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { isSidecar, text, type PodView } from '../snapshot.js';
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

/** When the last of them was passed: the end of regular ones, the start of sidecars. */
function lastPassed(
  history: PodHistory,
  view: PodView,
  cycle: number,
): Readonly<{ at: string | null; notBefore: string | null }> {
  let at: string | null = null;
  let notBefore: string | null = null;
  for (const container of view.initContainers) {
    for (const attempt of attemptsIn(containerOf(history, container.name), cycle)) {
      const passed = isSidecar(container)
        ? attempt.sidecarStartedAt
        : succeeded(attempt)
          ? (attempt.end?.finishedAt ?? null)
          : null;
      if (passed === null || (at !== null && !before(at, passed))) continue;
      at = passed;
      notBefore = isSidecar(container) ? attempt.sidecarNotBefore : null;
    }
  }
  return { at, notBefore };
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

function proofOf(history: PodHistory, sight: Sight, cycle: CycleHistory): Proof | null {
  const { now } = sight;
  const passed = lastPassed(history, now, cycle.number);
  const initialized = now.conditions['Initialized'];
  const initializedAt = cycle.number === 1 ? text(initialized?.lastTransitionTime) : null;
  if (now.initContainers.length > 0 && allSatisfied(history, now, cycle.number) && passed.at !== null) {
    // A sidecar with a startup probe: the condition has the node's time for it, where there is one.
    const byCondition = passed.notBefore !== null && initialized?.status === 'True' && initializedAt !== null;
    return byCondition
      ? {
          proof: 'containers',
          when: nodeTime(initializedAt, 'status.conditions.Initialized'),
          notBefore: null,
          fact: initializedAt,
        }
      : { proof: 'containers', when: nodeTime(passed.at, 'state'), notBefore: passed.notBefore, fact: passed.at };
  }
  if (initializedTrue(history, sight, cycle)) {
    return {
      proof: 'condition',
      when: nodeTime(initializedAt, 'status.conditions.Initialized'),
      notBefore: null,
      fact: initializedAt,
    };
  }
  const app = firstApp(history, sight, cycle);
  if (!app) return null;
  const notBefore = later(passed.at, cycle.startedAt);
  return { proof: 'appContainer', when: nodeTime(beganAt(app), 'state.startedAt'), notBefore, fact: app.containerId };
}

/** An end that was only a mark of deletion is taken back by a completion that came before it. */
const standsAgainst = (cycle: CycleHistory, proof: Proof): boolean =>
  cycle.outcome === 'aborted' && cycle.abortCause !== 'beganAgain' && before(proof.when.at, cycle.endedAt);

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

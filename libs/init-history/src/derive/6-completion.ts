/** Step 6: is the initialization complete? Three proofs, the best first (semantics 8.2 step 6). */
import type { Happening } from '../happenings.js';
import { attemptsIn, containerOf, newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { isSidecar, text } from '../snapshot.js';
import { before, later } from '../time.js';
import { firstApp } from './app-started.js';
import { beganAt } from './instances.js';
import { earlier, lastPassed } from './passed.js';
import { allSatisfied } from './satisfied.js';
import { basisOf, nodeTime, type Moment, type Sight } from './sight.js';
import { tell } from './tell.js';

/**
 * `Initialized=True` ends the first cycle, and only that one: later it stays True throughout (semantics 2.4). It says
 * so of an init container that was OOMKilled with exit code 0, too, which is retried: one that failed or runs contradicts it
 * (recorded, 1.36.3: oom/hungry-child rv 1161).
 */
function initializedTrue(history: PodHistory, sight: Sight, cycle: CycleHistory): boolean {
  if (cycle.cause !== 'first') return false;
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
const bounded = (at: string | null, notBefore: string | null): string | null =>
  before(notBefore, at) ? notBefore : null;

/**
 * All were passed. Where the last was a sidecar of which only an upper bound is known, or one that was seen late, the
 * first cycle's condition is a bound, too; it lags behind by a second, on a busy node by several.
 */
function byContainers(history: PodHistory, sight: Sight, cycle: CycleHistory): Proof | null {
  const passed = lastPassed(history, sight.now, cycle.number);
  if (!passed || !allSatisfied(history, sight.now, cycle.number)) return null;
  const condition = cycle.cause === 'first' ? sight.now.conditions['Initialized'] : undefined;
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
  const notBefore = sight.now.initContainers.length === 0 ? null : bounded(at, known);
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

/** An end that was only a mark of deletion is taken back by a completion that came before it. */
const standsAgainst = (cycle: CycleHistory, proof: Proof): boolean =>
  cycle.outcome === 'aborted' && before(proof.when.at, cycle.endedAt);

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

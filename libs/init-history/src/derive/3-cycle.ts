/**
 * Step 5, decided before what the containers did, so that they carry the right cycle (semantics 8.2 step 5): has another
 * pass through the init containers begun?
 */
import type { CycleCause } from '../account.js';
import type { Happening } from '../happenings.js';
import { newestCycle, type CycleHistory, type PodHistory, type SandboxLoss } from '../history.js';
import { text } from '../snapshot.js';
import { before, millis } from '../time.js';
import type { Beginning } from './beginning.js';
import { acceptance, firstCycle } from './first-cycle.js';
import { beganAt, instancesOf } from './instances.js';
import { begunInNewSandbox, rerunsOf } from './reruns.js';
import { basisOf, nodeTime, type Moment, type Sight } from './sight.js';
import { tell } from './tell.js';

/** The first instance that began after all were removed: the one before it is a synthetic termination. */
const firstAfterRestart = (sight: Sight): string | null =>
  sight.now.initStatuses
    .filter((status) => status.lastState?.terminated?.reason === 'RestartingAllContainers')
    .flatMap(instancesOf)
    .map(beganAt)
    .reduce((first, began) => (first === null || before(began, first) ? began : first), null);

/**
 * All containers are restarted in place. The condition turns True and False, or in one write stays False with a moved
 * time (recorded, 1.36.3: restart-all-containers rv 1734). Its turning back to False is the same restart.
 */
function allRestarted(sight: Sight): Beginning | null {
  const type = 'AllContainersRestarting';
  const was = sight.before.conditions[type];
  const is = sight.now.conditions[type];
  const time = text(is?.lastTransitionTime);
  if (!is || !was || time === text(was.lastTransitionTime)) return null;
  if (is.status === 'False' && was.status === 'True') return null;
  const began = firstAfterRestart(sight);
  const when = before(began, time) ? nodeTime(began, 'state.startedAt') : nodeTime(time, `status.conditions.${type}`);
  return { cause: 'restartAllContainers', when, notBefore: null, proof: `restart-all|${time}`, evidence: [] };
}

const timeOf = (loss: SandboxLoss): number => millis(loss.lostAt ?? loss.readyAt) ?? Number.NaN;

/** The first loss of a sandbox between the beginning before and this one. */
const lossBetween = (losses: readonly SandboxLoss[], from: string | null, to: string | null): SandboxLoss | undefined =>
  losses.find((loss) => timeOf(loss) > (millis(from) ?? -Infinity) && timeOf(loss) <= (millis(to) ?? Infinity)) ??
  (losses.length === 1 ? losses[0] : undefined);

/** The sandbox's loss where it was seen; else the new sandbox, or the first instance in it: upper bounds. */
function trigger(loss: SandboxLoss | undefined, began: string | null): Moment {
  const source = 'status.conditions.PodReadyToStartContainers';
  if (loss?.lostAt) return nodeTime(loss.lostAt, source);
  if (loss?.readyAt && !before(began, loss.readyAt)) return nodeTime(loss.readyAt, source);
  return nodeTime(began, 'state.startedAt');
}

/** The cycle that was known before; of a pod that is seen for the first time, the one that its first look begins with. */
type Known = Pick<CycleHistory, 'number' | 'startedAt' | 'endedAt' | 'bootId'>;

/** The node has booted since this cycle began. */
function rebootedSince(sight: Sight, cycle: Known): boolean {
  const boot = sight.context.node?.bootId ?? null;
  return boot !== null && cycle.bootId !== null && boot !== cycle.bootId;
}

/** What is known of sandboxes that went: of a pod that is found late, the time of the present one. */
function lossesOf(history: PodHistory, sight: Sight): readonly SandboxLoss[] {
  if (newestCycle(history) !== null) return history.sandbox.losses;
  const ready = sight.now.conditions['PodReadyToStartContainers'];
  const readyAt = ready?.status === 'True' ? text(ready.lastTransitionTime) : null;
  return readyAt === null ? [] : [{ lostAt: null, readyAt, position: sight.position }];
}

/**
 * The sandbox was made again, as containers prove it: a regular init container that had been passed has run again, or an
 * instance is there that can only have begun in the new sandbox. After a gap one look may prove two cycles.
 */
function sandboxRecreated(history: PodHistory, sight: Sight, cycle: Known): readonly Beginning[] {
  const losses = lossesOf(history, sight);
  const reruns = rerunsOf(history, sight, cycle.number);
  const proofs = reruns.length > 0 ? reruns : begunInNewSandbox(history, sight);
  // Before 1.29 nothing tells of a sandbox: a container that runs again after its success still proves a new one.
  const silent = sight.now.conditions['PodReadyToStartContainers'] === undefined;
  return proofs.map((proof, i): Beginning => {
    const since = proofs[i - 1]?.began ?? cycle.startedAt;
    const loss = lossBetween(losses, since, proof.began);
    const recreated: CycleCause = loss !== undefined || silent ? 'sandboxRecreated' : 'unknown';
    return {
      cause: rebootedSince(sight, cycle) && i === proofs.length - 1 ? 'nodeReboot' : recreated,
      when: trigger(loss, proof.began),
      notBefore: loss?.lostAt ? null : (proofs[i - 1]?.began ?? cycle.endedAt ?? cycle.startedAt),
      proof: `rerun|${proof.containerId}`,
      evidence: loss ? [loss.position] : [],
    };
  });
}

/**
 * How a cycle ended that another one followed: it was not finished, unless the first cycle's condition says that it had
 * been; and of one that was begun and over within one look, nothing is known.
 */
function endBefore(history: PodHistory, sight: Sight, number: number, next: Beginning): Happening {
  const initialized = sight.now.conditions['Initialized'];
  const initializedAt = text(initialized?.lastTransitionTime);
  const common = { container: null, cycle: number, basis: 'inferred', rule: 'began-again' } as const;
  if (number === 1 && initialized?.status === 'True' && before(initializedAt, next.when.at)) {
    return tell(history, sight, {
      type: 'InitializationCompleted',
      key: [number, 'condition', initializedAt],
      when: nodeTime(initializedAt, 'status.conditions.Initialized'),
      ...common,
      proof: 'condition',
      // written after the fact, on a busy node by seconds
      notBefore: newestCycle(history)?.startedAt ?? text(sight.now.status.startTime),
      attempts: 0,
    });
  }
  const seen = newestCycle(history)?.number === number;
  const category = next.cause === 'restartAllContainers' ? 'RESTART_ALL' : 'NODE_OR_RUNTIME_LOST';
  return tell(history, sight, {
    type: 'InitializationAborted',
    key: [number, next.proof],
    when: next.when,
    ...common,
    cause: seen ? 'beganAgain' : 'unknown',
    category: seen ? category : 'UNKNOWN',
    reason: next.cause,
    message: null,
  });
}

function begins(history: PodHistory, sight: Sight, beginning: Beginning, number: number): Happening {
  return tell(history, sight, {
    type: 'InitializationStarted',
    key: [number, beginning.proof],
    when: beginning.when,
    basis: beginning.cause === 'first' ? basisOf(sight) : 'inferred',
    ...(beginning.cause === 'first' ? {} : { rule: `cycle-${beginning.cause}` }),
    container: null,
    cycle: number,
    evidence: beginning.evidence,
    cause: beginning.cause,
    bootId: sight.context.node?.bootId ?? null,
    notBefore: beginning.notBefore,
  });
}

/** The first look at a pod that a node has accepted: its first cycle, and those that are proven to have followed. */
function fromTheFirst(history: PodHistory, sight: Sight): readonly Beginning[] {
  const first = firstCycle(sight);
  if (!first) return [];
  const startedAt = text(sight.now.status.startTime);
  const followed = sandboxRecreated(history, sight, { number: 1, startedAt, endedAt: null, bootId: null });
  return followed.length === 0 ? [first] : [acceptance(startedAt), ...followed];
}

function beginningsAfter(history: PodHistory, sight: Sight, cycle: CycleHistory): readonly Beginning[] {
  const inPlace = allRestarted(sight);
  return inPlace ? [inPlace] : sandboxRecreated(history, sight, cycle);
}

export function cycleBegins(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history);
  const found = cycle ? beginningsAfter(history, sight, cycle) : fromTheFirst(history, sight);
  const number = (cycle?.number ?? 0) + 1;
  return found.flatMap((beginning, i) => {
    const unfinished = i > 0 || cycle?.outcome === 'running';
    const ended = unfinished ? [endBefore(history, sight, number + i - 1, beginning)] : [];
    return [...ended, begins(history, sight, beginning, number + i)];
  });
}

/**
 * Step 5, decided before what the containers did, so that they carry the right cycle (semantics 8.2 step 5): has another
 * pass through the init containers begun?
 */
import type { CycleCause } from '../account.js';
import type { Happening } from '../happenings.js';
import { containerOf, newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { isSidecar, staticPodUid, text, type ContainerStatus, type PodView } from '../snapshot.js';
import { before, millis } from '../time.js';
import { beganAt, freshOf, instancesOf, refused, type Instance } from './instances.js';
import { satisfied } from './satisfied.js';
import { apiTime, basisOf, nodeTime, type Moment, type Sight } from './sight.js';
import { tell } from './tell.js';

/** Why another cycle has begun, when, and which facts say so. */
type Beginning = Readonly<{
  cause: CycleCause;
  when: Moment;
  notBefore: string | null;
  proof: string;
  evidence: readonly number[];
}>;

const statusesOf = (view: PodView): readonly ContainerStatus[] => [...view.initStatuses, ...view.statuses];

const earliest = (times: readonly (string | null)[]): string | null =>
  times.reduce((first, time) => (first === null || before(time, first) ? time : first), null);

/**
 * When a pod is found late: its init containers ran after its app container had, so this is not its first pass, and
 * what came before was not seen.
 */
function ranAgainBefore(view: PodView): string | null {
  const apps = view.statuses.flatMap(instancesOf).map(beganAt);
  const firstApp = earliest(apps);
  const regular = view.initStatuses.filter(
    (status) => !isSidecar(view.initContainers.find((container) => container.name === status.name)),
  );
  const reruns = regular
    .flatMap(instancesOf)
    .map(beganAt)
    .filter((began) => before(firstApp, began));
  return earliest(reruns);
}

/**
 * A changed manifest gives a static pod a new mirror, whose `startTime` is still that of the old one: then its creation
 * is the nearest that is known (recorded, 1.36.3: static-pod).
 */
function ofNewMirror(view: PodView): Moment | null {
  const created = text(view.metadata.creationTimestamp);
  const stale = staticPodUid(view) !== null && before(view.status.startTime ?? null, created);
  return stale && statusesOf(view).every((status) => instancesOf(status).length === 0)
    ? apiTime(created, 'metadata.creationTimestamp')
    : null;
}

/** a. The node has accepted the pod: the first cycle. */
function firstCycle(sight: Sight): Beginning | null {
  const { now } = sight;
  const startTime = text(now.status.startTime);
  if ((startTime === null && statusesOf(now).length === 0) || refused(now)) return null;
  const rerun = ranAgainBefore(now);
  if (rerun === null) {
    const when = ofNewMirror(now) ?? nodeTime(startTime, 'status.startTime');
    return { cause: 'first', when, notBefore: null, proof: 'first', evidence: [] };
  }
  const ready = text(now.conditions['PodReadyToStartContainers']?.lastTransitionTime);
  const at = ready !== null && !before(rerun, ready) ? ready : rerun;
  const when = nodeTime(at, 'status.conditions.PodReadyToStartContainers');
  return { cause: 'unknown', when, notBefore: startTime, proof: 'found-late', evidence: [] };
}

/**
 * c. All containers are restarted in place. The condition turns True and False, or in one write stays False with a moved
 * time (recorded, 1.36.3: restart-all-containers rv 1734). Its turning back to False is the same restart.
 */
function allRestarted(sight: Sight): Beginning | null {
  const type = 'AllContainersRestarting';
  const was = sight.before.conditions[type];
  const is = sight.now.conditions[type];
  const time = text(is?.lastTransitionTime);
  if (!is || !was || time === text(was.lastTransitionTime)) return null;
  if (is.status === 'False' && was.status === 'True') return null;
  const when = nodeTime(time, `status.conditions.${type}`);
  return { cause: 'restartAllContainers', when, notBefore: null, proof: `restart-all|${time}`, evidence: [] };
}

/** b. A regular init container that had been passed in this cycle has run again. */
function rerunOfPassed(history: PodHistory, sight: Sight, cycle: CycleHistory): readonly Instance[] {
  return sight.now.initContainers
    .filter((container) => !isSidecar(container) && satisfied(history, container, cycle.number))
    .flatMap((container) => {
      const status = sight.now.initStatuses.find((one) => one.name === container.name);
      return status ? freshOf(containerOf(history, container.name), status) : [];
    });
}

/**
 * d. The sandbox changed, and now an instance is there that can only have begun in the new one: an init container that
 * had not been passed, or an app container whose init containers were skipped (semantics 2.4).
 */
function begunInNewSandbox(history: PodHistory, sight: Sight): readonly Instance[] {
  const suspected = history.sandbox.suspected;
  if (!suspected) return [];
  const boundary = suspected.lostAt ?? suspected.readyAt;
  const isNew = (instance: Instance): boolean => {
    const began = millis(beganAt(instance));
    const from = millis(boundary);
    return instance.ended === null || (began !== null && from !== null && began >= from);
  };
  const init = sight.now.initStatuses.flatMap((status) => freshOf(containerOf(history, status.name), status));
  const apps = sight.now.statuses.flatMap((status) =>
    instancesOf(status).filter((instance) => instance.containerId !== history.tally.apps[status.name]?.containerId),
  );
  const known = Object.keys(history.tally.apps).length > 0;
  return [...init, ...(known ? apps.filter((app) => !before(beganAt(app), boundary)) : [])].filter(isNew);
}

function sandboxRecreated(history: PodHistory, sight: Sight, cycle: CycleHistory): Beginning | null {
  const reruns = rerunOfPassed(history, sight, cycle);
  const proofs = reruns.length > 0 ? reruns : begunInNewSandbox(history, sight);
  const proof = proofs[0];
  if (!proof) return null;
  const began = earliest(proofs.map(beganAt));
  const { suspected } = history.sandbox;
  const boot = sight.context.node?.bootId ?? null;
  const rebooted = boot !== null && cycle.bootId !== null && boot !== cycle.bootId;
  // Before 1.29 nothing tells of a sandbox: a container that runs again after its success still proves a new one.
  const silent = sight.now.conditions['PodReadyToStartContainers'] === undefined;
  const recreated = suspected !== null || silent;
  const evidence = suspected ? [suspected.position] : [];
  return {
    cause: rebooted ? 'nodeReboot' : recreated ? 'sandboxRecreated' : 'unknown',
    when: trigger(suspected, began),
    notBefore: suspected?.lostAt ? null : cycle.endedAt,
    proof: `rerun|${proof.containerId}`,
    evidence,
  };
}

/** The sandbox's loss where it was seen; else the new sandbox, or the first instance in it: upper bounds. */
function trigger(suspected: PodHistory['sandbox']['suspected'], began: string | null): Moment {
  if (suspected?.lostAt) return nodeTime(suspected.lostAt, 'status.conditions.PodReadyToStartContainers');
  if (suspected?.readyAt && !before(began, suspected.readyAt)) {
    return nodeTime(suspected.readyAt, 'status.conditions.PodReadyToStartContainers');
  }
  return nodeTime(began, 'state.startedAt');
}

/** What begins again was not finished, unless the condition says that it had been: then later steps say so. */
function endOfUnfinished(history: PodHistory, sight: Sight, beginning: Beginning): readonly Happening[] {
  const cycle = newestCycle(history);
  if (!cycle || cycle.outcome !== 'running') return [];
  const initialized = sight.now.conditions['Initialized'];
  const initializedAt = text(initialized?.lastTransitionTime);
  const common = { container: null, cycle: cycle.number, basis: 'inferred', rule: 'began-again' } as const;
  if (cycle.number === 1 && initialized?.status === 'True' && before(initializedAt, beginning.when.at)) {
    return [
      tell(history, sight, {
        type: 'InitializationCompleted',
        key: [cycle.number, 'condition', initializedAt],
        when: nodeTime(initializedAt, 'status.conditions.Initialized'),
        ...common,
        proof: 'condition',
        notBefore: null,
        attempts: 0,
      }),
    ];
  }
  return [
    tell(history, sight, {
      type: 'InitializationAborted',
      key: [cycle.number, beginning.proof],
      when: beginning.when,
      ...common,
      cause: 'beganAgain',
      category: beginning.cause === 'restartAllContainers' ? 'RESTART_ALL' : 'NODE_OR_RUNTIME_LOST',
      reason: beginning.cause,
      message: null,
    }),
  ];
}

export function cycleBegins(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history);
  const found = cycle ? (allRestarted(sight) ?? sandboxRecreated(history, sight, cycle)) : firstCycle(sight);
  if (!found) return [];
  const number = (cycle?.number ?? 0) + 1;
  return [
    ...endOfUnfinished(history, sight, found),
    tell(history, sight, {
      type: 'InitializationStarted',
      key: [number, found.proof],
      when: found.when,
      basis: found.cause === 'first' ? basisOf(sight) : 'inferred',
      ...(found.cause === 'first' ? {} : { rule: `cycle-${found.cause}` }),
      container: null,
      cycle: number,
      evidence: found.evidence,
      cause: found.cause,
      bootId: sight.context.node?.bootId ?? null,
      notBefore: found.notBefore,
    }),
  ];
}

/** Instances that prove another pass through the init containers (semantics 2.4, 8.2 step 5). */
import { attemptsIn, containerOf, type PodHistory } from '../history.js';
import { isSidecar, type ContainerSpec } from '../snapshot.js';
import { failed } from '../taxonomy.js';
import { before, millis } from '../time.js';
import { beganAt, freshOf, instancesOf, succeeded, type Instance } from './instances.js';
import type { Sight } from './sight.js';

/** The first instance of a new pass. */
export type Rerun = Readonly<{ containerId: string; began: string | null }>;

const rerun = (instance: Instance): Rerun => ({ containerId: instance.containerId, began: beganAt(instance) });

/** Of one regular init container: instances that follow a success. Within one pass none does. */
function followsSuccess(history: PodHistory, sight: Sight, spec: ContainerSpec, cycle: number): readonly Rerun[] {
  const known = containerOf(history, spec.name);
  const status = sight.now.initStatuses.find((one) => one.name === spec.name);
  let passed = attemptsIn(known, cycle).some(succeeded) || known.saidDone.includes(cycle);
  const reruns: Rerun[] = [];
  for (const instance of status ? freshOf(known, status) : []) {
    if (passed) reruns.push(rerun(instance));
    passed = instance.ended !== null && !failed(instance.ended);
  }
  return reruns;
}

const earlier = (a: Rerun, b: Rerun | undefined): Rerun => (b && !before(a.began, b.began) ? b : a);

/**
 * A regular init container that had been passed has run again: for each new pass its first instance. Normally one; after
 * a gap two may show at once, for at most two instances of a container are visible.
 */
export function rerunsOf(history: PodHistory, sight: Sight, cycle: number): readonly Rerun[] {
  const passes: Rerun[] = [];
  for (const spec of sight.now.initContainers.filter((one) => !isSidecar(one))) {
    for (const [i, one] of followsSuccess(history, sight, spec, cycle).entries()) passes[i] = earlier(one, passes[i]);
  }
  return passes;
}

/** Where only a moved time told of the new sandbox: up to 1.35 that time is the first container's write, not the sandbox's (1.2). */
const slackMs = 3000;

/**
 * The sandbox changed, and now an instance is there that can only have begun in the new one: an init container that had
 * not been passed, or an app container whose init containers were skipped (semantics 2.4). A status may still show
 * `running` what died with the old one (recorded, 1.36.3: sandbox-killed-during-init rv 2278): only times count.
 */
export function begunInNewSandbox(history: PodHistory, sight: Sight): readonly Rerun[] {
  const [loss, ...others] = history.sandbox.losses;
  if (!loss) return [];
  // No other sandbox has been ready yet: what is shown to run ran in the old one.
  const isLacking = sight.now.conditions['PodReadyToStartContainers']?.status === 'False';
  if (isLacking && loss.readyAt === null && others.length === 0) return [];
  const ready = millis(loss.readyAt) ?? Number.NaN;
  const from = millis(loss.lostAt) ?? ready - slackMs;
  const isNew = (instance: Instance): boolean => {
    const began = millis(beganAt(instance));
    const ended = millis(instance.ended?.finishedAt);
    const diedBefore = loss.lostAt === null && ended !== null && ended < ready;
    return began !== null && began >= from && !diedBefore;
  };
  const init = sight.now.initStatuses.flatMap((status) => freshOf(containerOf(history, status.name), status));
  const apps = sight.now.statuses.flatMap((status) => {
    const known = history.tally.apps[status.name];
    return known ? instancesOf(status).filter((instance) => instance.containerId !== known.containerId) : [];
  });
  const first = [...init, ...apps]
    .filter(isNew)
    .map(rerun)
    .reduce<Rerun | undefined>((best, one) => earlier(one, best), undefined);
  return first ? [first] : [];
}

/** Instances of an init container, told: begun, ended (semantics 1.6, 8.1). */
import type { Basis } from '../account.js';
import { sourceOfEnd } from '../category-source.js';
import type { Happening } from '../happenings.js';
import { attemptOf, cycleNumber, newestCycle, type CreatedInstance } from '../history.js';
import { isSidecar, number, text, type Terminated } from '../snapshot.js';
import { categoryOfEnd, failed, signalOf, type Category } from '../taxonomy.js';
import { containerTime, millis } from '../time.js';
import { cycleOfTime } from './cycle-of-time.js';
import { beganAt, instancesOf, syntheticOf, type Instance } from './instances.js';
import { outcomeUnknown } from './lost.js';
import type { Place } from './place.js';
import { basisOf, nodeTime } from './sight.js';
import { tell } from './tell.js';

/** Exact data, but not delivered as it happened: reconstructed (semantics 8.4). */
const startBasis = (place: Place, instance: Instance): Basis =>
  instance.ended === null ? basisOf(place.sight) : 'reconstructed';

function startOf(place: Place, instance: Instance, attempt: number, cycle: number): Happening {
  const { history, sight, spec, index } = place;
  return tell(history, sight, {
    type: 'InitContainerStarted',
    key: [instance.containerId],
    when: nodeTime(instance.startedAt, `${instance.from}.startedAt`),
    basis: startBasis(place, instance),
    container: spec.name,
    cycle,
    index,
    attempt,
    containerId: instance.containerId,
    restartCount: instance.restartCount,
    image: instance.image,
    imageId: instance.imageId,
  });
}

/**
 * Killed because its postStart hook failed: the status says so beside the end (recorded, 1.36.3: post-start-hook-fails). It waits, so
 * that end is the one in `lastState`.
 */
const hookFailed = ({ status }: Place): boolean => status.state.waiting?.reason === 'PostStartHookError';

/** Why it failed. A running sidecar whose image was changed is killed and started anew (semantics 2.7): that is no crash. */
function categoryOf(place: Place, instance: Instance, ended: Terminated): Category | null {
  const category = categoryOfEnd(ended);
  if (hookFailed(place)) return 'HOOK';
  const isReplaced = isSidecar(place.spec) && place.known.imageChange?.running === instance.containerId;
  return category !== null && isReplaced ? 'IMAGE_CHANGED' : category;
}

type Finishing = Readonly<{
  instance: Instance;
  ended: Terminated;
  attempt: number;
  cycle: number;
  supersedes: string | null;
}>;

const millisBetween = (from: string | null, to: string | null): number | null => {
  const [start, end] = [millis(from), millis(to)];
  return start === null || end === null ? null : end - start;
};

function endOf(place: Place, { instance, ended, attempt, cycle, supersedes }: Finishing): Happening {
  const { history, sight, spec, index } = place;
  const exitCode = number(ended.exitCode);
  const reason = text(ended.reason);
  const category = categoryOf(place, instance, ended);
  return tell(history, sight, {
    type: 'InitContainerFinished',
    key: [instance.containerId],
    when: nodeTime(containerTime(ended.finishedAt), `${instance.from}.terminated.finishedAt`),
    basis: instance.from === 'state' ? basisOf(sight) : 'reconstructed',
    container: spec.name,
    cycle,
    supersedes,
    index,
    attempt,
    containerId: instance.containerId,
    startedAt: instance.startedAt,
    durationMs: millisBetween(instance.startedAt, containerTime(ended.finishedAt)),
    exitCode,
    signal: signalOf(exitCode),
    reason,
    message: text(ended.message),
    outcome: failed(ended) ? 'failed' : 'succeeded',
    category,
    categorySource: sourceOfEnd(spec.name, { category, exitCode, reason }),
    from: instance.from,
  });
}

/** Instances that were not known: begun, and perhaps ended already. They are numbered on from `counted`. */
export function freshInstances(place: Place, fresh: readonly Instance[], counted: number): readonly Happening[] {
  return fresh.flatMap((instance, i) => {
    const attempt = counted + i + 1;
    const cycle = cycleOfTime(place.history, beganAt(instance));
    const start = startOf(place, instance, attempt, cycle);
    if (!instance.ended) return [start];
    return [start, endOf(place, { instance, ended: instance.ended, attempt, cycle, supersedes: null })];
  });
}

/**
 * The instance of which only the id is shown, and what its end was is not told. While all containers are being restarted
 * in place, the count and the cycle are already the next one's.
 */
export function namedInstance(place: Place, containerId: string, attempt: number): readonly Happening[] {
  const { history, status } = place;
  const inPlace = status.state.waiting !== undefined;
  const begunAgain = inPlace && newestCycle(history)?.cause === 'restartAllContainers';
  const cycle = cycleNumber(history) - (begunAgain ? 1 : 0);
  const restartCount = Math.max(0, status.restartCount - (inPlace ? 1 : 0));
  const instance = { startedAt: null, ended: null, from: 'state', image: null, imageId: null } as const;
  return [
    startOf(place, { ...instance, containerId, restartCount }, attempt, cycle),
    outcomeUnknown(place, { containerId, cycle, restartCount }, syntheticOf(place.status)),
  ];
}

/** An instance that was created, and in whose place another one is: it never began, so there is no time to tell. */
export function createdInstance(place: Place, created: CreatedInstance, attempt: number): readonly Happening[] {
  const { containerId, restartCount, cycle } = created;
  const instance = { startedAt: null, ended: null, from: 'state', image: null, imageId: null } as const;
  const evidence = [created.position, place.sight.position];
  const start = startOf(place, { ...instance, containerId, restartCount }, attempt, cycle);
  const end = outcomeUnknown(place, { containerId, cycle, restartCount }, null);
  return [
    { ...start, evidence },
    { ...end, evidence, rule: 'never-began' },
  ];
}

/** Known instances that have ended now, also those of which no end was expected any more. */
export function endings(place: Place): readonly Happening[] {
  return instancesOf(place.status).flatMap((instance) => {
    const attempt = attemptOf(place.known, instance.containerId);
    if (!attempt || !instance.ended || (attempt.end !== null && attempt.end.outcome !== 'unknown')) return [];
    const supersedes = attempt.end?.happening ?? null;
    return [
      endOf(place, { instance, ended: instance.ended, attempt: attempt.number, cycle: attempt.cycle, supersedes }),
    ];
  });
}

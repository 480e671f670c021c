/** Steps 3 and 4: what each init container did, instance by instance (semantics 8.2 steps 3 and 4). */
import type { Basis } from '../account.js';
import type { Happening } from '../happenings.js';
import { attemptOf, containerOf, cycleNumber, missedIn, newestCycle, type PodHistory } from '../history.js';
import { isSidecar, number, text, type Terminated } from '../snapshot.js';
import { categoryOfEnd, failed, signalOf } from '../taxonomy.js';
import { containerTime, millis } from '../time.js';
import { beganAt, begunOf, freshOf, instancesOf, onlyNamed, syntheticOf, type Instance } from './instances.js';
import { lost, outcomeUnknown } from './lost.js';
import type { Place } from './place.js';
import { basisOf, nodeTime, whenWritten, type Sight } from './sight.js';
import { tell } from './tell.js';

/** The cycle in which an instance began: the newest that had begun by then. What has no time is of the newest. */
export function cycleOfTime(history: PodHistory, began: string | null): number {
  const at = millis(began);
  const started = (time: string | null): boolean => {
    const start = millis(time);
    return at === null || start === null || start <= at;
  };
  const cycle = history.cycles.findLast((one) => started(one.startedAt)) ?? history.cycles[0];
  return cycle?.number ?? 0;
}

function counterReset(place: Place): readonly Happening[] {
  const { history, sight, spec, status, index } = place;
  const from = history.tally.restartCounts[spec.name];
  const to = status.restartCount ?? 0;
  if (from === undefined || to >= from) return [];
  return [
    tell(history, sight, {
      type: 'RestartCounterReset',
      key: [spec.name, from, to, place.known.attempts.at(-1)?.containerId ?? null],
      when: whenWritten(sight),
      basis: basisOf(sight),
      container: spec.name,
      index,
      from,
      to,
    }),
  ];
}

/**
 * How many instances began and were never shown: what the count says has begun, less what had and what is shown now. One
 * of which a synthetic termination is all that was shown is among them. Below zero is legal: a second cycle under
 * OnFailure runs again without a raised count (semantics 2.4).
 */
function missedCount(place: Place, fresh: number): number {
  const { history, spec, status } = place;
  const begun = begunOf(status);
  const count = history.tally.restartCounts[spec.name];
  if (count !== undefined && (status.restartCount ?? 0) < count) return 0;
  const before = history.tally.begun[spec.name] ?? 0;
  return Math.max(0, begun - before - fresh);
}

function attemptsMissed(place: Place, missed: number): readonly Happening[] {
  const { history, sight, spec, status, index } = place;
  if (missed === 0) return [];
  const from = history.tally.restartCounts[spec.name] ?? 0;
  const to = status.restartCount ?? 0;
  return [
    tell(history, sight, {
      type: 'InitContainerAttemptsMissed',
      key: [spec.name, from, to, place.known.attempts.at(-1)?.containerId ?? null],
      when: { ...whenWritten(sight), at: null },
      basis: 'inferred',
      rule: 'restart-count',
      container: spec.name,
      index,
      count: missed,
      from,
      to,
    }),
  ];
}

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

/** Killed because its postStart hook failed: the status says so beside the end (recorded, 1.36.3: post-start-hook-fails). */
const hookFailed = (place: Place, instance: Instance): boolean =>
  place.status.state?.waiting?.reason === 'PostStartHookError' && instance.from === 'lastState';

type Finishing = Readonly<{
  instance: Instance;
  ended: Terminated;
  attempt: number;
  cycle: number;
  supersedes: string | null;
}>;

function endOf(place: Place, { instance, ended, attempt, cycle, supersedes }: Finishing): Happening {
  const { history, sight, spec, index } = place;
  const exitCode = number(ended.exitCode);
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
    exitCode,
    signal: signalOf(exitCode),
    reason: text(ended.reason),
    message: text(ended.message),
    outcome: failed(ended) ? 'failed' : 'succeeded',
    category: hookFailed(place, instance) ? 'HOOK' : categoryOfEnd(ended),
    from: instance.from,
  });
}

/** Instances that were not known: begun, and perhaps ended already. */
function freshInstances(place: Place, fresh: readonly Instance[], missed: number): readonly Happening[] {
  const counted = place.known.attempts.length + missedIn(place.known) + missed;
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
function namedInstance(place: Place, containerId: string, attempt: number): readonly Happening[] {
  const { history, status } = place;
  const inPlace = status.state?.waiting !== undefined;
  const begunAgain = inPlace && newestCycle(history)?.cause === 'restartAllContainers';
  const cycle = cycleNumber(history) - (begunAgain ? 1 : 0);
  const restartCount = Math.max(0, (status.restartCount ?? 0) - (inPlace ? 1 : 0));
  const instance = { startedAt: null, ended: null, from: 'state', image: null, imageId: null } as const;
  return [
    startOf(place, { ...instance, containerId, restartCount }, attempt, cycle),
    outcomeUnknown(place, { containerId, cycle, restartCount }, syntheticOf(place.status)),
  ];
}

/** Known instances that have ended now, also those of which no end was expected any more. */
function endings(place: Place): readonly Happening[] {
  return instancesOf(place.status).flatMap((instance) => {
    const attempt = attemptOf(place.known, instance.containerId);
    if (!attempt || !instance.ended || (attempt.end !== null && attempt.end.outcome !== 'unknown')) return [];
    const supersedes = attempt.end?.happening ?? null;
    return [
      endOf(place, { instance, ended: instance.ended, attempt: attempt.number, cycle: attempt.cycle, supersedes }),
    ];
  });
}

/**
 * A sidecar has started: it is done, the next one may begin (semantics 2.6). Without startup probe and postStart hook
 * that is its start; with one, the API tells only that it had happened by this write.
 */
function sidecarStarted(place: Place): readonly Happening[] {
  const { history, sight, spec, status, index, known } = place;
  const containerId = text(status.containerID);
  if (!isSidecar(spec) || !status.state?.running || status.started !== true || containerId === null) return [];
  if (attemptOf(known, containerId)?.sidecarStartedAt) return [];
  const startedAt = containerTime(status.state.running.startedAt);
  const atOnce = !spec.hasStartupProbe && !spec.hasPostStartHook;
  return [
    tell(history, sight, {
      type: 'SidecarStarted',
      key: [containerId],
      when: atOnce ? nodeTime(startedAt, 'state.running.startedAt') : whenWritten(sight),
      basis: atOnce ? basisOf(sight) : 'inferred',
      ...(atOnce ? {} : { rule: 'started-by-this-write' }),
      container: spec.name,
      cycle: attemptOf(known, containerId)?.cycle ?? cycleOfTime(history, startedAt),
      index,
      containerId,
      notBefore: atOnce ? null : startedAt,
    }),
  ];
}

/** What one init container did, told against the history as it was when the look came. */
function ofContainer(place: Place): readonly Happening[] {
  const fresh = freshOf(place.known, place.status);
  const named = onlyNamed(place.status);
  const unknown = named === null || attemptOf(place.known, named) ? [] : [named];
  const missed = missedCount(place, fresh.length + unknown.length);
  const begun = place.known.attempts.length + missedIn(place.known) + missed + fresh.length;
  return [
    ...counterReset(place),
    ...endings(place),
    ...lost(place),
    ...attemptsMissed(place, missed),
    ...freshInstances(place, fresh, missed),
    ...unknown.flatMap((containerId) => namedInstance(place, containerId, begun + 1)),
    ...sidecarStarted(place),
  ];
}

export function containers(history: PodHistory, sight: Sight): readonly Happening[] {
  if (newestCycle(history) === null) return [];
  return sight.now.initContainers.flatMap((spec, index) => {
    const status = sight.now.initStatuses.find((one) => one.name === spec.name);
    return status ? ofContainer({ history, sight, spec, status, index, known: containerOf(history, spec.name) }) : [];
  });
}

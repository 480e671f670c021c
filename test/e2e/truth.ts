import type { Asked, Json } from './service.js';
import { all, askEach } from './service.js';

type Time = string | number | null;

/** What the runtime knows of one instance of a container; what only some runtimes know may be missing. */
export type TrueInstance = Readonly<{
  podUid?: string | undefined;
  container?: string | undefined;
  containerId: string;
  /** A real runtime announces a start only after it; the instance began between its creation and that. */
  createdAt?: Time;
  /** Null of one that could not be started. */
  startedAt: Time;
  finishedAt: Time;
  exitCode: number | null;
  reason?: string | null;
  /** The pass through the init containers that it belongs to, from 1. */
  cycle?: number;
  /** False of one that the API server shows as running still, although it has ended: the kubelet may be away. */
  endShown?: boolean;
}>;

export type Comparison = Readonly<{ compared: number; wrong: readonly string[] }>;

/** Milliseconds after which the end of an instance is known to every watcher. */
const settles = 10_000;

/** Every pod as the service tells it, with its cycles. */
export async function podsOf(service: Asked, query = ''): Promise<Json[]> {
  const items = await all(service, `/api/v1/pods?limit=500&initContainers=any${query}`);
  return askEach(items, async ({ uid }) => (await service.get(`/api/v1/pods/${uid}`)).data);
}

/**
 * Holds what the service tells against what the runtime knew afterwards. Wrong is: an attempt that never was, one that is
 * told twice or in the wrong pass, an end or a time that is not the runtime's (times are whole seconds, cut), a duration
 * that does not hold the truth, a number out of order, and one that runs long after its end.
 *
 * @param at when the truth was read
 */
export function compareWithTruth(
  pods: readonly Json[],
  truth: readonly TrueInstance[],
  at: number = Date.now(),
): Comparison {
  const byId = new Map(truth.map((instance) => [bare(instance.containerId), instance]));
  const told = pods.flatMap((pod) =>
    pod.cycles.flatMap((cycle: Json) =>
      cycle.initContainers.flatMap((container: Json) =>
        container.attempts.map((attempt: Json) => ({ pod, cycle, container, attempt })),
      ),
    ),
  );
  const ids = told.map(({ attempt }) => bare(attempt.containerId));
  const wrong = told.flatMap(({ pod, cycle, container, attempt }, nth) => {
    const instance = byId.get(ids[nth]!);
    const found = instance ? differences(attempt, instance, cycle.number) : ['never was'];
    if (ids.indexOf(ids[nth]!) !== nth) found.push('is told twice');
    if (attempt.outcome === 'running' && pod.deletedAt === null && endedLongAgo(instance, at)) found.push('has ended');
    return found.map((what) => `${pod.namespace}/${pod.name} ${container.name} ${attempt.containerId}: ${what}`);
  });
  return { compared: told.length, wrong: [...wrong, ...pods.flatMap(disorder)] };
}

function differences(attempt: Json, instance: TrueInstance, cycle: number): string[] {
  const { createdAt = instance.startedAt, startedAt, finishedAt } = instance;
  const wrong: string[] = [];
  if (instance.cycle !== undefined && instance.cycle !== cycle)
    wrong.push(`told in cycle ${cycle}, not ${instance.cycle}`);
  if (attempt.startedAt !== null && !began(attempt.startedAt, createdAt, startedAt))
    wrong.push(`started ${attempt.startedAt}, in truth ${createdAt} to ${startedAt}`);
  if (attempt.outcome !== 'succeeded' && attempt.outcome !== 'failed') return wrong;

  const exitCode = startedAt === null ? startError : instance.exitCode;
  if (second(attempt.finishedAt) !== second(finishedAt))
    wrong.push(`finished ${attempt.finishedAt}, in truth ${finishedAt}`);
  if (attempt.exitCode !== exitCode) wrong.push(`exit code ${attempt.exitCode}, in truth ${exitCode}`);
  if (instance.reason && attempt.reason !== instance.reason)
    wrong.push(`reason ${attempt.reason}, in truth ${instance.reason}`);
  if (attempt.startedAt === null || startedAt === null) return wrong;

  const [least, most] = [startedAt, createdAt].map((from) => (epoch(finishedAt) - epoch(from)) / 1000) as [
    number,
    number,
  ];
  const { lo, hi, seconds } = attempt.duration;
  if (lo > most || hi < least || seconds > most + 1 || seconds < least - announcedLate / 1000 - 1)
    wrong.push(`took ${seconds} s (${lo} to ${hi}), in truth ${least} to ${most}`);
  return wrong;
}

/** What the runtime says of a container that it could not start. */
const startError = 128;

/** Milliseconds that may lie between the runtime's own stamp and its announcement, either way. */
const announcedLate = 1500;

/** A start, cut to the second, lies between the creation and the announcement. */
const began = (told: string, createdAt: Time, startedAt: Time): boolean =>
  epoch(told) + 1000 > epoch(createdAt) &&
  epoch(told) <= epoch(startedAt) + (createdAt === startedAt ? 0 : announcedLate);

const endedLongAgo = (instance: TrueInstance | undefined, at: number): boolean =>
  instance !== undefined &&
  instance.finishedAt !== null &&
  instance.endShown !== false &&
  epoch(instance.finishedAt) < at - settles;

/** Attempts of a container are numbered upwards through all cycles. */
function disorder(pod: Json): string[] {
  const containers: Json[] = pod.cycles.flatMap((cycle: Json) => cycle.initContainers);
  return Object.entries(Object.groupBy(containers, ({ name }) => name as string)).flatMap(([name, places = []]) => {
    const numbers = places.flatMap(({ attempts }) => attempts.map(({ number }: Json) => number as number));
    const rising = numbers.every((number, nth) => nth === 0 || number > numbers[nth - 1]!);
    return rising ? [] : [`${pod.namespace}/${pod.name} ${name}: attempts out of order ${numbers.join()}`];
  });
}

/**
 * Containers of which the service tells more or fewer instances than there were, those counted that it says it missed. One
 * that ended a moment ago may or may not have been seen.
 */
export function miscounted(pods: readonly Json[], truth: readonly TrueInstance[], at: number = Date.now()): string[] {
  return pods.flatMap((pod) => {
    const told: Json[] = pod.cycles.flatMap((cycle: Json) => cycle.initContainers);
    return [...new Set(told.map(({ name }) => name as string))].flatMap((name) => {
      const ran = truth.filter(({ podUid, container }) => podUid === pod.uid && container === name);
      const settled = ran.filter((instance) => endedLongAgo(instance, at)).length;
      const count = told
        .filter((one) => one.name === name)
        .reduce((sum: number, one) => sum + one.attempts.length + one.missedAttempts, 0);
      const wrong = count < settled || count > ran.length;
      return wrong ? [`${pod.namespace}/${pod.name} ${name}: ${count} told, ${settled} to ${ran.length} in truth`] : [];
    });
  });
}

/** Pods of which containers ran and that the service does not know. */
export function unknown(pods: readonly Json[], truth: readonly TrueInstance[]): string[] {
  const known = new Set(pods.map(({ uid }) => uid as string));
  return [...new Set(truth.flatMap(({ podUid }) => podUid ?? []))].filter((uid) => !known.has(uid));
}

const bare = (containerId: string): string => containerId.replace('containerd://', '');
/** Nanoseconds are more than a Date can read. */
const epoch = (at: Time): number =>
  at === null ? Number.NaN : new Date(typeof at === 'string' ? at.replace(/(\.\d{3})\d*Z$/, '$1Z') : at).getTime();
const second = (at: Time): string | null => (at === null ? null : new Date(epoch(at)).toISOString().slice(0, 19));

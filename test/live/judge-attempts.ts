/** Attempts: all that were revealed, none that never was, each with its end, its times and a duration that holds the truth. */
import type { Json } from '../e2e/service.js';
import { runtimeUidOf, type Case, type Judgement } from './case.js';
import { endedIn, namedIn, type Look, type Status } from './revealed.js';
import type { RuntimeTruth, TrueInstance } from './truth.js';

/** Milliseconds by which a runtime's announcement of a start may be late on a busy machine. */
const announcedLate = 1500;
/** Milliseconds after which the end of an instance has been shown to every watcher. */
const settles = 15_000;
/** What the runtime says of a container that it could not start. */
const startError = 128;

const bare = (containerId: string): string => containerId.replace(/^[a-z-]+:\/\//, '');
const floored = (epochMs: number): string =>
  `${new Date(Math.floor(epochMs / 1000) * 1000).toISOString().slice(0, 19)}Z`;

type Attempt = Readonly<{ name: string; cycle: number; told: Json }>;

const attemptsOf = (pod: Json): Attempt[] =>
  pod.cycles.flatMap((cycle: Json) =>
    cycle.initContainers.flatMap(({ name, attempts }: Json) =>
      attempts.map((told: Json) => ({ name, cycle: cycle.number, told })),
    ),
  );

export function judgeAttempts(given: Case): Judgement {
  const untruths: string[] = [];
  let attempts = 0;
  for (const pod of given.told.pods) {
    const told = attemptsOf(pod);
    attempts += told.length;
    const looks = given.looks.get(pod.uid) ?? [];
    const shown = shownIn(looks);
    const uid = runtimeUidOf(pod.uid, looks);
    const settled = pod.deletedAt === null ? given.told.askedAt - settles : -Infinity;
    const wrong = [
      ...told.flatMap((attempt) =>
        wrongs(attempt, given.truth.instances.get(bare(attempt.told.containerId)), { ...shown, uid, settled }),
      ),
      ...untold(told, shown, given),
      ...(uid === pod.uid ? miscounted(pod, told, looks, given) : []),
    ];
    untruths.push(...wrong.map((what) => `${pod.namespace}/${pod.name} (${pod.uid}) ${what}`));
  }
  return { untruths, compared: { attempts } };
}

type Shown = Readonly<{ named: ReadonlyMap<string, string>; ended: ReadonlySet<string> }>;

/** Ids of init container instances that the looks at a pod named, by id the container's name; and those whose end they told. */
function shownIn(looks: readonly Look[]): Shown {
  const statuses = looks.flatMap(({ pod }): readonly Status[] => pod.status.initContainerStatuses ?? []);
  return {
    named: new Map(statuses.flatMap((status) => namedIn(status).map((id) => [id, status.name]))),
    ended: new Set(statuses.flatMap(endedIn)),
  };
}

/** `settled`: what ended before it, in epoch milliseconds, has been seen to end. */
type By = Shown & Readonly<{ uid: string; settled: number }>;

function wrongs({ name, told }: Attempt, one: TrueInstance | undefined, { uid, ended, settled }: By): string[] {
  const label = `${name} #${told.number} ${bare(told.containerId).slice(0, 12)}:`;
  if (!one) return [`${label} never was`];
  // A start that its sandbox's death overtook is one that failed, to the kubelet: the runtime had announced it.
  if (told.reason === 'StartError' && one.startedAt !== null) return [];
  const wrong: string[] = [];
  if (one.podUid !== uid || one.container !== name) wrong.push(`is of ${one.pod}/${one.container}`);
  const known = told.outcome === 'succeeded' || told.outcome === 'failed';
  const exitCode = one.startedAt === null ? startError : one.exitCode;
  if (known && told.exitCode !== exitCode) wrong.push(`exit code ${told.exitCode}, in truth ${exitCode}`);
  if (
    known &&
    told.finishedAt !== null &&
    (one.exitedAt === null || told.finishedAt !== floored(one.exitedAt)) &&
    one.startedAt !== null
  )
    wrong.push(
      `ended ${told.finishedAt}, in truth ${one.exitedAt === null ? 'not' : new Date(one.exitedAt).toISOString()}`,
    );
  if (!known && ended.has(one.containerId)) wrong.push(`its end was revealed, and it is told as ${told.outcome}`);
  if (told.outcome === 'running' && one.exitedAt !== null && one.exitedAt < settled)
    wrong.push('is told as running, and has ended');
  wrong.push(...wrongStart(told, one), ...wrongDuration(told, one));
  return wrong.map((what) => `${label} ${what}`);
}

function wrongStart(told: Json, one: TrueInstance): string[] {
  // Of one of which only the id was shown, no start is known.
  if (told.startedAt === null && told.outcome === 'unknown') return [];
  if ((told.startedAt === null) !== (one.startedAt === null))
    return [
      `started ${told.startedAt}, in truth ${one.startedAt === null ? 'not' : new Date(one.startedAt).toISOString()}`,
    ];
  if (told.startedAt === null || one.startedAt === null) return [];
  const at = Date.parse(told.startedAt);
  const fits = at + 1000 > one.createdAt && at <= one.startedAt + announcedLate;
  return fits
    ? []
    : [
        `started ${told.startedAt}, in truth ${new Date(one.createdAt).toISOString()} to ${new Date(one.startedAt).toISOString()}`,
      ];
}

/**
 * The seconds that it ran, as a span; `startedAt` as it was told. On a busy machine the runtime stamps a start after it has announced it; by how much it
 * may be is judged with the start.
 */
export function ranFor(startedAt: string | null, { createdAt }: TrueInstance, exitedAt: number, announcedAt: number) {
  const stamped = Math.max(announcedAt, startedAt === null ? announcedAt : Date.parse(startedAt));
  return { least: (exitedAt - stamped) / 1000, most: (exitedAt - createdAt) / 1000 };
}

function wrongDuration(told: Json, one: TrueInstance): string[] {
  const { lo, hi, seconds } = told.duration;
  if (told.finishedAt === null || one.exitedAt === null || one.startedAt === null || lo === null || hi === null)
    return [];
  const { least, most } = ranFor(told.startedAt, one, one.exitedAt, one.startedAt);
  const holds = lo <= most && hi >= least && lo <= seconds && seconds <= hi;
  return holds ? [] : [`took ${seconds} s (${lo} to ${hi}), in truth ${least} to ${most}`];
}

function untold(told: readonly Attempt[], { named, ended }: Shown, { truth }: Case): string[] {
  const ids = told.map((attempt) => bare(attempt.told.containerId));
  const twice = ids
    .filter((id, i) => ids.indexOf(id) !== i)
    .map((id) => `${named.get(id)} ${id.slice(0, 12)} is told twice`);
  const missing = [...named]
    .filter(([id]) => !ids.includes(id) && truth.instances.has(id) && !(isYetToStart(id, truth) && !ended.has(id)))
    .map(([id, name]) => `${name} ${id.slice(0, 12)} was revealed and is not told`);
  return [...twice, ...missing];
}

/** It was created and never started, and no other took its place: its pod went before it could. That is no attempt. */
function isYetToStart(id: string, { instances }: RuntimeTruth): boolean {
  const one = instances.get(id);
  if (!one || one.startedAt !== null) return false;
  const later = [...instances.values()].filter(
    ({ podUid, container, createdAt }) =>
      podUid === one.podUid && container === one.container && createdAt > one.createdAt,
  );
  return later.length === 0;
}

/** Told and missed ones together are never more than there were, and not fewer than the statuses counted. */
function miscounted(pod: Json, told: readonly Attempt[], looks: readonly Look[], { truth }: Case): string[] {
  const containers: Json[] = pod.cycles.flatMap((cycle: Json) => cycle.initContainers);
  return [...new Set(containers.map(({ name }) => name as string))].flatMap((name) => {
    const its = [...truth.instances.values()].filter((one) => one.podUid === pod.uid && one.container === name);
    const ran = its.length + truth.unnamed.length;
    const missed = containers.filter((one) => one.name === name).reduce((sum, one) => sum + one.missedAttempts, 0);
    const count = told.filter((attempt) => attempt.name === name).length + missed;
    const least = countedIn(looks, name);
    if (count > ran) return [`${name}: ${count} attempts (${missed} missed), in truth ${ran}`];
    return count < least ? [`${name}: ${count} attempts (${missed} missed), by the highest restartCount ${least}`] : [];
  });
}

/** Instances that had begun by the highest restartCount of one that was shown. */
function countedIn(looks: readonly Look[], name: string): number {
  const statuses = looks.flatMap(({ pod }): readonly Status[] => pod.status.initContainerStatuses ?? []);
  const begun = statuses.filter((one) => one.name === name && (one.state?.running ?? endedIn(one).length > 0));
  return Math.max(0, ...begun.map(({ restartCount = 0, state }) => restartCount + (state?.waiting ? 0 : 1)));
}

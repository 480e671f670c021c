/** Holds what is told of pods that changed in a gap, or before the first list, against what the API server still showed of them: before it, in the list that ended it, and after it. */
import type { Json } from '../e2e/service.js';
import type { Gap } from './log.js';
import { developed, type Pictures, type Shot } from './pictures.js';
import type { Judgement } from './verdict.js';

export type RevealedCase = Readonly<{
  pictures: Pictures;
  /** Every pod with its cycles. */
  pods: readonly Json[];
  /** Those of pods. */
  gaps: readonly Gap[];
  /** The resourceVersion of the first list of pods that was complete. */
  opened: number;
  /** A resourceVersion: what was written before was recorded and read when the pods were asked for. */
  until: number;
}>;

/** An instance of an init container that a status showed; its end, once one did. `bySuccessor`: only the status of the next one told of it. */
type Shown = Readonly<{ id: string; container: string; end?: Json; bySuccessor: boolean }>;

/** What was revealed of one pod. */
type Revelation = Readonly<{ instances: ReadonlyMap<string, Shown>; restarts: ReadonlyMap<string, number> }>;

/** Every instance that was shown is told, with its end if that was shown, and as many as were counted are told or counted as missed. */
export function judgeRevealed({ pictures, pods, gaps, opened, until }: RevealedCase): Judgement {
  const told = new Map(pods.map((pod) => [pod.uid as string, pod]));
  const isMissed = (revision: number) =>
    revision <= opened || gaps.some(({ from, to }) => from < revision && revision <= to);
  let revealed = 0;
  const untruths = pictures.of('pods').flatMap((shots) => {
    const seen = shownOf(shots, { gaps, opened, until, isMissed });
    const { instances, restarts } = revelationOf(seen);
    if (instances.size === 0 || !shots.some(({ revision }) => isMissed(revision))) return [];
    revealed += instances.size;
    const { uid, namespace, name } = developed(shots[0]!);
    const pod = told.get(uid as string);
    const what = `${String(namespace)}/${String(name)}`;
    if (!pod) return [`${what}: ${instances.size} attempts were shown, and the pod is not told`];
    return [...unlike(pod, instances), ...uncounted(pod, restarts)].map((wrong) => `${what} ${wrong}`);
  });
  return { untruths, compared: { revealedInGaps: revealed } };
}

type Span = Pick<RevealedCase, 'gaps' | 'opened' | 'until'> & Readonly<{ isMissed: (revision: number) => boolean }>;

/** What a watcher was shown: each write outside of gaps, and the state at every list. */
function shownOf(shots: readonly Shot[], { gaps, opened, until, isMissed }: Span): readonly Shot[] {
  const lists = [opened, ...gaps.map(({ to }) => to)].filter((at) => at <= until);
  const listed = new Set(
    lists.flatMap((at) => {
      const last = shots.findLast(({ revision }) => revision <= at);
      return last && last.type !== 'DELETED' ? [last] : [];
    }),
  );
  const isWatched = ({ revision }: Shot) => revision <= until && !isMissed(revision);
  return shots.filter((shot) => listed.has(shot) || isWatched(shot));
}

function revelationOf(shots: readonly Shot[]): Revelation {
  const instances = new Map<string, Shown>();
  const restarts = new Map<string, number>();
  const statuses = shots.flatMap((shot) =>
    Object.entries(developed(shot)).filter(([name]) => name.startsWith('initContainer.')),
  );
  for (const [name, status] of statuses) {
    const container = name.slice('initContainer.'.length);
    restarts.set(container, Math.max(restarts.get(container) ?? 0, status.restarts ?? 0));
    for (const { id, end, bySuccessor } of instancesIn(status)) {
      const before = instances.get(id);
      const isOnlyTold = bySuccessor && before?.bySuccessor !== false;
      instances.set(id, { id, container, end: end ?? before?.end, bySuccessor: isOnlyTold });
    }
  }
  return { instances, restarts };
}

/** The instances that a status shows, the last one before first. */
function instancesIn({ id: current, lastState, state }: Json): readonly Omit<Shown, 'container'>[] {
  const shown = [lastState, state].map((one, nth) => ({
    ...(one?.containerID ? { id: one.containerID, end: one } : { id: one && 'running' in one ? current : null }),
    bySuccessor: nth === 0,
  }));
  return shown.filter(({ id }) => typeof id === 'string' && id !== '');
}

const containersOf = (pod: Json): readonly Json[] => pod.cycles.flatMap((cycle: Json) => cycle.initContainers);

function unlike(pod: Json, instances: Revelation['instances']): string[] {
  const attempts = new Map<string, Json>(
    containersOf(pod).flatMap(({ name, attempts: its }) =>
      its.map((attempt: Json) => [attempt.containerId, { name, attempt }]),
    ),
  );
  return [...instances.values()].flatMap(({ id, container, end, bySuccessor }) => {
    const found = attempts.get(id);
    if (!found) return [`${container} ${id}: was shown, and is not told`];
    if (found.name !== container) return [`${container} ${id}: is told of ${found.name}`];
    const { outcome, exitCode, basis } = found.attempt;
    if (bySuccessor && basis === 'observed')
      return [`${container} ${id}: only its successor told of it, and it is told as observed`];
    if (!end) return [];
    if (outcome === 'running') return [`${container} ${id}: its end was shown, and it is told as running`];
    return exitCode === end.exitCode
      ? []
      : [`${container} ${id}: exit code ${end.exitCode} was shown, ${exitCode} is told`];
  });
}

/** As many restarts as a status counts lie behind it: each is told, or counted as missed. */
function uncounted(pod: Json, restarts: Revelation['restarts']): string[] {
  return [...restarts].flatMap(([container, least]) => {
    const count = containersOf(pod)
      .filter(({ name }) => name === container)
      .reduce((sum: number, { attempts, missedAttempts }) => sum + attempts.length + missedAttempts, 0);
    return count < least ? [`${container}: ${least} restarts were shown, ${count} attempts are told`] : [];
  });
}

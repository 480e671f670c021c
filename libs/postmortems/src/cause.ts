import type { Category } from '#libs/init-history';
import type { Annotation, Attempt, InitContainer, PodDetail } from '#libs/reports';
import type { Cause } from './postmortem.schema.js';

/**
 * What most likely kept the pod from starting, most specific first: a live blocking Event, what its container waits for now,
 * how its last attempt ended, where it merely takes long. Deterministic: the same history gives the same causes.
 *
 * @returns empty for an initialization in which nothing failed and nothing stands
 */
export function causes(pod: PodDetail, events: readonly Annotation[]): Cause[] {
  const cycle = pod.cycles.at(-1);
  const containers = cycle?.initContainers ?? [];
  const unfinished = pod.state === 'pending' || pod.state === 'initializing';
  const current = containers.find(({ done }) => !done);
  const found = [
    ...(unfinished ? blockingEvents(events, cycle?.startedAt ?? null, current) : []),
    ...(unfinished && current ? waiting(current) : []),
    ...containers.flatMap(lastFailure),
    ...(unfinished && current ? runningLong(current) : []),
    ...(containers.some(({ attempts }) => attempts.length > 0) ? [] : podLevel(pod)),
  ];
  return pod.state === 'initialized' ? found.map(asHistory) : found;
}

const blockingReasons: Readonly<Record<string, Category>> = {
  FailedScheduling: 'SCHEDULING',
  FailedMount: 'VOLUME',
  FailedAttachVolume: 'VOLUME',
  FailedMapVolume: 'VOLUME',
  FailedCreatePodSandBox: 'SANDBOX',
  NetworkNotReady: 'SANDBOX',
  FailedPrepareDynamicResources: 'DRA',
};

/** Volume, sandbox and scheduling failures never show in a container's status: Events alone tell them. */
function blockingEvents(
  events: readonly Annotation[],
  since: string | null,
  current: InitContainer | undefined,
): Cause[] {
  // once the current container has an attempt the pod is past its volumes and its sandbox
  if (current && current.attempts.length > 0) return [];
  const live = events.filter(
    ({ reason, at }) => reason && reason in blockingReasons && (!since || !at || Date.parse(at) >= Date.parse(since)),
  );
  const last = live.at(-1);
  if (!last) return [];
  return [
    {
      category: blockingReasons[last.reason!]!,
      statement: `${last.reason}: ${last.message ?? 'no message'} (seen ${last.count} times)`,
      confidence: 'strong',
      container: null,
      evidence: [last.position],
    },
  ];
}

function waiting({ name, waitingReason, waitingMessage, category }: InitContainer): Cause[] {
  // PodInitializing says only that its turn has not come, CrashLoopBackOff only that an attempt failed before
  if (!waitingReason || waitingReason === 'PodInitializing' || waitingReason === 'CrashLoopBackOff') return [];
  const message = waitingMessage ? `: ${waitingMessage}` : '';
  return [
    {
      category,
      statement: `${name} waits with ${waitingReason}${message}`,
      confidence: 'certain',
      container: name,
      evidence: [],
    },
  ];
}

function lastFailure(container: InitContainer): Cause[] {
  const failed = container.attempts.filter(({ outcome }) => outcome === 'failed');
  const last = failed.at(-1);
  if (!last) return [];
  const times = failed.length + container.missedAttempts;
  return [
    {
      category: last.category,
      statement: `${container.name} failed ${times === 1 ? 'once' : `${times} times`}, last with ${ending(last)}${lookingFor(container)}`,
      confidence: 'certain',
      container: container.name,
      evidence: failed.map(({ position }) => position),
    },
  ];
}

/** A wait that fails says what for: the exit code alone does not. */
const lookingFor = ({ purpose, waitsFor }: InitContainer): string =>
  purpose === 'dependencyWait' && waitsFor !== null ? `; it waits for ${waitsFor}` : '';

function ending({ exitCode, reason, message }: Attempt): string {
  const said = message ? `: ${message.trim()}` : '';
  return `exit code ${exitCode ?? 'unknown'} (${reason ?? 'no reason'})${said}`;
}

/** That it runs is all that is seen: that it waits is a guess by design, better where its spec says what for. */
function runningLong(container: InitContainer): Cause[] {
  const { name, attempts, dependencies } = container;
  const running = attempts.find(({ outcome }) => outcome === 'running');
  if (!running) return [];
  const told = dependencies.some(({ confidence }) => confidence !== 'weak');
  return [
    {
      category: 'DEPENDENCY_WAIT',
      statement: `${name} has been running since ${running.startedAt ?? 'an unknown time'}${doing(container)}; nothing has failed`,
      confidence: told ? 'strong' : 'weak',
      container: name,
      evidence: [running.position],
    },
  ];
}

/** What it is doing meanwhile, as far as its spec tells. */
function doing({ purpose, waitsFor }: InitContainer): string {
  if (purpose === 'migration') return ' and migrates a database';
  if (waitsFor !== null) return ` and waits for ${waitsFor}`;
  return purpose === 'sleep' ? ' and sleeps' : '';
}

function podLevel({ category, status, state }: PodDetail): Cause[] {
  if (!category || state === 'initialized') return [];
  return [
    {
      category,
      statement: `no init container ran; STATUS says ${status ?? 'nothing'}`,
      confidence: 'strong',
      container: null,
      evidence: [],
    },
  ];
}

/** What was overcome is a cause of the delay, not of the state. */
function asHistory(cause: Cause): Cause {
  return { ...cause, statement: `overcome: ${cause.statement}` };
}

/** What one cycle and one attempt count for in the statistics. Pure. */
import type { Attempt, Cycle, Duration, InitContainerAccount, PodAccount } from '#libs/init-history';
import type { Contribution, StatsKey } from '../pod-inits/read-model-rows.js';
import { noCounts } from './counts.js';

const nothing = {
  ...noCounts(),
  durationMs: null,
  category: null,
};

/**
 * What an ended cycle counts for: one initialization (container ''), and of each of its containers what was missed and how often
 * it was restarted. A cycle that goes on, or of which no end is known, counts for nothing yet.
 */
export function cycleContribution(account: PodAccount, cycle: Cycle): readonly Contribution[] | null {
  if (cycle.outcome === 'running' || cycle.endedAt === null || isOfAnotherMirror(account)) return null;

  const key = statsKey(account, cycle.endedAt, cycle.initContainers.length > 0);
  const containers = cycle.initContainers.map((container) => ({
    ...nothing,
    ...key,
    container: container.name,
    missed: container.missedAttempts,
    restarts: restartsIn(account, cycle, container.name),
  }));
  const whole: Contribution = {
    ...nothing,
    ...key,
    container: '',
    ended: 1,
    succeeded: cycle.outcome === 'completed' ? 1 : 0,
    failed: cycle.outcome === 'failed' ? 1 : 0,
    aborted: cycle.outcome === 'aborted' ? 1 : 0,
    unknown: cycle.outcome === 'unknown' ? 1 : 0,
    missed: containers.reduce((sum, { missed }) => sum + missed, 0),
    restarts: containers.reduce((sum, { restarts }) => sum + restarts, 0),
    category: cycle.outcome === 'failed' || cycle.outcome === 'aborted' ? cycleCategory(account, cycle) : null,
    ...measured(cycle.duration, cycle.outcome === 'completed'),
  };
  return [whole, ...containers.filter(({ missed, restarts }) => missed > 0 || restarts > 0)];
}

/** What an ended attempt counts for. */
export function attemptContribution(
  account: PodAccount,
  container: InitContainerAccount,
  attempt: Attempt,
): readonly Contribution[] | null {
  if (attempt.outcome === 'running' || isOfAnotherMirror(account)) return null;
  const end = attempt.finishedAt ?? attempt.observedAt;
  return [
    {
      ...nothing,
      ...statsKey(account, end, true),
      container: container.name,
      ended: 1,
      succeeded: attempt.outcome === 'succeeded' ? 1 : 0,
      failed: attempt.outcome === 'failed' ? 1 : 0,
      unknown: attempt.outcome === 'unknown' ? 1 : 0,
      category: attempt.outcome === 'failed' ? (attempt.category ?? 'UNKNOWN') : null,
      ...measured(attempt.duration, attempt.outcome === 'succeeded'),
    },
  ];
}

/** A mirror that was made again over running containers: what they did counts for the mirror before it (semantics 2.8). */
export const isOfAnotherMirror = ({ findings }: PodAccount): boolean =>
  (['mirrorRecreated', 'mirrorSucceeded'] as const).every((kind) => findings.some((one) => one.kind === kind));

/** Attempts of a container beyond its first one ever that fall into `cycle`, missed ones counted. */
export function restartsIn(account: PodAccount, cycle: Cycle, name: string): number {
  const before = account.cycles
    .filter(({ number }) => number < cycle.number)
    .some((earlier) => instances(earlier, name) > 0);
  const here = instances(cycle, name);
  return before ? here : Math.max(0, here - 1);
}

function instances(cycle: Cycle, name: string): number {
  const container = cycle.initContainers.find((candidate) => candidate.name === name);
  return container ? container.attempts.length + container.missedAttempts : 0;
}

function cycleCategory(account: PodAccount, cycle: Cycle): string {
  const failed = cycle.initContainers.find(({ state, category }) => state === 'failed' && category !== null);
  return failed?.category ?? account.category ?? 'UNKNOWN';
}

function statsKey(account: PodAccount, end: string, hasInit: boolean): Omit<StatsKey, 'container'> {
  return {
    hour: `${new Date(end).toISOString().slice(0, 13)}:00:00Z`,
    namespace: account.namespace,
    namespaceUid: account.namespaceUid ?? '',
    workloadKind: account.workload.kind,
    workloadName: account.workload.name,
    revision: account.revision ?? '',
    hasInit,
  };
}

function measured(duration: Duration, good: boolean): Pick<Contribution, 'bounded' | 'durationMs'> {
  if (!good) return { bounded: 0, durationMs: null };
  const exact = duration.certainty === 'exact' && duration.seconds !== null;
  return exact
    ? { bounded: 0, durationMs: Math.round((duration.seconds ?? 0) * 1000) }
    : { bounded: 1, durationMs: null };
}

import { describe, expect, it } from 'vitest';
import type { Attempt, Cycle, PodAccount } from '#libs/init-history';
import { recordings } from '../recordings/reader.js';
import { accountsOf, bare, holds, ranOf, type Ran } from './runtime.js';

/** One whose end was told, and one whose end nobody told but the runtime: that lies in its bounds as well. */
function wrongAttempt(attempt: Attempt, one: Ran | undefined): string | null {
  if (!one?.exitedAt || one.startedAt === null || attempt.outcome === 'running') return null;
  const [least, most] = [one.exitedAt - one.startedAt, one.exitedAt - one.createdAt];
  if (holds(attempt.duration, least, most)) return null;
  return `${attempt.containerId}: ${JSON.stringify(attempt.duration)}, in truth ${least} to ${most} ms`;
}

/** From the node's acceptance, which is stamped, to the last exit of its regular init containers, which the runtime knows. */
function wrongCycle(pod: PodAccount, cycle: Cycle, ran: ReadonlyMap<string, Ran>): string | null {
  const regular = cycle.initContainers.filter(({ kind }) => kind === 'regular');
  const exits = regular.map(({ attempts }) => ran.get(bare(attempts.at(-1)?.containerId ?? ''))?.exitedAt ?? null);
  const known = exits.filter((exit) => exit !== null);
  if (cycle.outcome !== 'completed' || cycle.startedAt === null || known.length === 0 || known.length < exits.length)
    return null;
  const most = Math.max(...known) - Date.parse(cycle.startedAt);
  const sidecarLast = cycle.initContainers.at(-1)?.kind === 'sidecar';
  if (sidecarLast || holds(cycle.duration, most - 1000, most)) return null;
  return `${pod.name} cycle ${cycle.number}: ${JSON.stringify(cycle.duration)}, in truth ${most - 1000} to ${most} ms`;
}

describe.each(recordings())('the durations of $scenario on kubelet $kubelet', (recording) => {
  const ran = ranOf(recording);
  const pods = accountsOf(recording);

  it('hold what the container runtime measured of each attempt', () => {
    const attempts = pods.flatMap(({ cycles }) =>
      cycles.flatMap(({ initContainers }) => initContainers.flatMap((one) => one.attempts)),
    );
    expect(
      attempts.map((attempt) => wrongAttempt(attempt, ran.get(bare(attempt.containerId)))).filter(Boolean),
    ).toEqual([]);
  });

  it('hold what passed until the last init container had ended', () => {
    expect(pods.flatMap((pod) => pod.cycles.map((cycle) => wrongCycle(pod, cycle, ran))).filter(Boolean)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { account, attempt, container, cycle, exactly, unknown } from '../testing/accounts.js';
import { attemptContribution, cycleContribution } from './contribution.js';
import { noCounts } from './counts.js';

const key = {
  hour: '2026-11-21T11:00:00Z',
  namespace: 'shop',
  namespaceUid: '00000000-0000-4000-8000-000000000800',
  workloadKind: 'Deployment',
  workloadName: 'api',
  revision: '6c4f',
  hasInit: true,
};
const nothing = { ...noCounts(), durationMs: null, category: null };

describe('cycleContribution', () => {
  it('counts a completed cycle in the hour of its end, with its exact duration', () => {
    expect(cycleContribution(account(), cycle())).toEqual([
      { ...nothing, ...key, container: '', ended: 1, succeeded: 1, durationMs: 6000 },
    ]);
  });

  it.each(['failed', 'aborted', 'unknown'] as const)(
    'counts a cycle that is %s apart, without a duration',
    (outcome) => {
      const ended = cycle({ outcome, initContainers: [container({ state: 'failed', category: 'OOM' })] });

      const [whole] = cycleContribution(account({ cycles: [ended] }), ended) ?? [];

      expect(whole).toEqual({
        ...nothing,
        ...key,
        container: '',
        ended: 1,
        [outcome]: 1,
        category: outcome === 'unknown' ? null : 'OOM',
      });
    },
  );

  it('counts nothing of a cycle that runs, or of which no end is known', () => {
    expect(cycleContribution(account(), cycle({ outcome: 'running', endedAt: null }))).toBeNull();
    expect(cycleContribution(account(), cycle({ outcome: 'unknown', endedAt: null }))).toBeNull();
  });

  it('counts a duration that is not exact apart', () => {
    const bounded = cycle({ duration: { seconds: 6, lo: 2, hi: 9, certainty: 'bounded' } });

    expect(cycleContribution(account(), bounded)?.[0]).toMatchObject({ succeeded: 1, bounded: 1, durationMs: null });
  });

  it('keeps pods without init containers apart', () => {
    expect(cycleContribution(account(), cycle({ initContainers: [] }))?.[0]).toMatchObject({ hasInit: false });
  });

  it('counts attempts beyond the first one ever as restarts, missed ones too', () => {
    const first = cycle({
      initContainers: [container({ missedAttempts: 2, attempts: [attempt(), attempt({ number: 4 })] })],
    });
    const second = cycle({ number: 2, initContainers: [container({ attempts: [attempt({ number: 5 })] })] });
    const pod = account({ cycles: [first, second] });

    const counted = [first, second].map((each) =>
      cycleContribution(pod, each)?.map(({ container: name, missed, restarts }) => [name, missed, restarts]),
    );

    expect(counted).toEqual([
      [
        ['', 2, 3],
        ['migrate', 2, 3],
      ],
      [
        ['', 0, 1],
        ['migrate', 0, 1],
      ],
    ]);
  });
});

describe('attemptContribution', () => {
  it('counts an attempt that failed by its category, and its duration not at all', () => {
    const failed = attempt({ outcome: 'failed', exitCode: 1, category: 'CRASH', duration: exactly(3) });

    expect(attemptContribution(account(), container(), failed)).toEqual([
      { ...nothing, ...key, container: 'migrate', ended: 1, failed: 1, category: 'CRASH' },
    ]);
  });

  it('counts an attempt of unknown end in the hour in which that was seen', () => {
    const lost = attempt({
      outcome: 'unknown',
      finishedAt: null,
      observedAt: '2026-11-21T12:59:59.9Z',
      duration: unknown,
    });

    expect(attemptContribution(account(), container(), lost)?.[0]).toMatchObject({
      hour: '2026-11-21T12:00:00Z',
      unknown: 1,
      bounded: 0,
    });
  });

  it('counts nothing of an attempt that runs', () => {
    expect(attemptContribution(account(), container(), attempt({ outcome: 'running', finishedAt: null }))).toBeNull();
  });
});

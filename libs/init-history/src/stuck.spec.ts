import { describe, expect, it } from 'vitest';
import { noContext, podAccount, stuckDeadline, type Baseline, type PodAccount, type StuckLimits } from './index.js';
import { lifeOf, Watched, type LifeOfPod, type LookAt } from './testing/index.js';

const from = Date.parse('2026-11-21T08:00:00Z');
const limits: StuckLimits = {
  defaultSeconds: 300,
  floorSeconds: 60,
  factor: 1.5,
  minSamples: 20,
  perCategory: { SCHEDULING: 600 },
};

function accountOf(looks: readonly LookAt[], after: number): PodAccount {
  const watched = new Watched();
  for (const look of looks) watched.look(look);
  const [history] = watched.pods.values();
  if (!history) throw new Error('no look');
  return podAccount(history, from + after * 1000, noContext);
}

const life = (init: LifeOfPod['init'], more: Partial<LifeOfPod> = {}) =>
  lifeOf({ uid: 'u-1', name: 'p', from, init, ...more }).looks;
const deadline = (looks: readonly LookAt[], baseline: Baseline | null = null, after = 100) =>
  stuckDeadline(accountOf(looks, after), limits, baseline);

describe('the deadline of an initialization', () => {
  const waits = life([{ name: 'wait', runs: [{ seconds: 3600, exitCode: 0 }] }]);
  const running = waits.slice(0, waits.findIndex((look) => JSON.stringify(look.pod).includes('"running"')) + 1);

  it('counts, of a container that runs without failing, from its start: a dependency wait', () => {
    expect(deadline(running)).toEqual({
      container: 'wait',
      category: 'DEPENDENCY_WAIT',
      reason: null,
      since: '2026-11-21T08:00:01Z',
      at: '2026-11-21T08:05:01.000Z',
      thresholdSeconds: 300,
      basis: 'default',
    });
  });

  it('is factor times the 99th percentile of enough good starts', () => {
    expect(deadline(running, { samples: 20, p99Seconds: 400 })).toMatchObject({
      thresholdSeconds: 600,
      basis: 'baseline',
    });
  });

  it('is never below the floor, and is the default while there are too few good starts', () => {
    expect(deadline(running, { samples: 20, p99Seconds: 1 })).toMatchObject({
      thresholdSeconds: 60,
      basis: 'baseline',
    });
    expect(deadline(running, { samples: 19, p99Seconds: 1 })).toMatchObject({
      thresholdSeconds: 300,
      basis: 'default',
    });
  });

  it('counts, of a crash loop, from its first failure, and asks no baseline', () => {
    const looks = life([{ name: 'check', runs: [1, 1, 1].map((exitCode) => ({ seconds: 1, exitCode })) }]);
    expect(deadline(looks, { samples: 99, p99Seconds: 1 })).toMatchObject({
      container: 'check',
      category: 'CRASH',
      since: '2026-11-21T08:00:02Z',
      thresholdSeconds: 300,
      basis: 'default',
    });
  });

  it('counts, of a pod that finds no node, from the condition, by its own default', () => {
    const [created] = waits;
    const blocked = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      lastTransitionTime: '2026-11-21T08:00:00Z',
    };
    const pod = { ...created?.pod, status: { phase: 'Pending', conditions: [blocked] } };
    expect(deadline([{ pod, receivedAt: '2026-11-21T08:00:00.300Z' }])).toMatchObject({
      container: null,
      category: 'SCHEDULING',
      since: '2026-11-21T08:00:00Z',
      thresholdSeconds: 600,
    });
  });

  it('is none of a pod that is held by a scheduling gate, unless a limit says from when', () => {
    const [created] = waits;
    const gated = { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', lastTransitionTime: null };
    const pod = { ...created?.pod, status: { phase: 'Pending', conditions: [gated] } };
    const account = accountOf([{ pod, receivedAt: '2026-11-21T08:00:00.300Z' }], 100);
    expect(account.category).toBe('GATED');
    expect(stuckDeadline(account, limits, null)).toBeNull();
    expect(stuckDeadline(account, { ...limits, perCategory: { GATED: 60 } }, null)).toMatchObject({
      since: '2026-11-21T08:00:00Z',
      thresholdSeconds: 60,
    });
  });

  it('is none once the last init container has succeeded, though the app still says PodInitializing', () => {
    const looks = life([{ name: 'done', runs: [{ seconds: 1, exitCode: 0 }] }]);
    const beforeApp = looks.slice(0, -1);
    const account = accountOf(beforeApp, 4000);
    expect(account).toMatchObject({ state: 'initialized', status: 'PodInitializing', stuckSince: null });
    expect(stuckDeadline(account, limits, null)).toBeNull();
  });

  it('is none of a pod that failed', () => {
    expect(
      deadline(life([{ name: 'check', runs: [{ seconds: 1, exitCode: 1 }] }], { restartPolicy: 'Never' })),
    ).toBeNull();
  });
});

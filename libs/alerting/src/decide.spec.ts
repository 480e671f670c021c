import { describe, expect, it } from 'vitest';
import { decide, type FiringAlert, type FormerPod, type StuckGroup } from './decide.js';
import { alertId } from './identity.js';
import { someIdentity } from './testing/index.js';

const identity = someIdentity();

const group = (more: Partial<StuckGroup> = {}): StuckGroup => ({
  alertId: alertId(identity),
  identity,
  namespaceUid: null,
  pods: [{ uid: 'u1', name: 'api-1', since: '2026-11-21T00:00:00.000Z', position: 7 }],
  threshold: { seconds: 300, basis: 'default 300 s' },
  ...more,
});

const firing = (...pods: FormerPod[]): FiringAlert => ({ alertId: alertId(identity), episode: 2, identity, pods });

describe('decide', () => {
  it('fires once for a group, however many pods it has', () => {
    const pods = [1, 2, 3].map((n) => ({
      uid: `u${n}`,
      name: `api-${n}`,
      since: '2026-11-21T00:00:00.000Z',
      position: n,
    }));

    expect(decide([group({ pods })], [], new Map())).toMatchObject([
      { type: 'AlertFired', episode: 1, group: { pods } },
    ]);
  });

  it('says nothing when a firing group gains a pod', () => {
    expect(decide([group()], [firing()], new Map())).toEqual([]);
  });

  it('counts a new episode when the same place is stuck again', () => {
    expect(decide([group()], [], new Map([[alertId(identity), 2]]))).toMatchObject([
      { type: 'AlertFired', episode: 3 },
    ]);
  });

  it.each([
    [
      'recovered',
      [
        { uid: 'u1', now: 'initialized', position: 9 },
        { uid: 'u2', now: 'gone', position: 8 },
      ],
    ],
    ['recovered', [{ uid: 'u1', now: 'elsewhere', position: 9 }]],
    [
      'pod_failed',
      [
        { uid: 'u1', now: 'failed', position: 9 },
        { uid: 'u2', now: 'gone', position: 8 },
      ],
    ],
    ['pod_deleted', [{ uid: 'u1', now: 'gone', position: 9 }]],
  ] as const)('resolves as %s with the evidence of %j', (resolution, pods) => {
    expect(decide([], [firing(...pods)], new Map())).toMatchObject([
      { type: 'AlertResolved', resolution, evidence: pods.map(({ position }) => position) },
    ]);
  });
});

describe('alertId', () => {
  it('differs for each member of the identity', () => {
    const others = Object.keys(identity).map((key) => alertId({ ...identity, [key]: 'OOM' }));

    expect(new Set([alertId(identity), ...others]).size).toBe(others.length + 1);
  });
});

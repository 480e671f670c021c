import { describe, expect, it } from 'vitest';
import type { Cluster, KubernetesObject } from '#libs/kubernetes';
import { Owners } from './owners.js';
import { KnownParts, Masking } from './reducing/index.js';
import type { Source } from './reducing/index.js';
import { pod, uidOf } from './testing/index.js';

const source: Source = { shardId: 1, watchEpoch: 0, via: 'watch', receivedAt: '2026-11-21T02:00:00.000Z' };
const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7' };
const resource = { name: 'replicasets', kind: 'ReplicaSet', apiVersion: 'apps/v1', namespaced: true };
const owned = pod({ owner }) as unknown as KubernetesObject;

const cluster = {
  findResource: () => Promise.resolve(resource),
  get: () =>
    Promise.resolve({
      metadata: { name: 'web-7', namespace: 'shop', uid: uidOf('ReplicaSet web-7'), resourceVersion: '5' },
    }),
} as unknown as Cluster;

describe('Owners', () => {
  it('knows an owner only in the turn in which its observation is made: a state that is kept before must not hold it', async () => {
    const known = new KnownParts();
    const owners = new Owners({ cluster, masking: new Masking({ key: 'a key', commands: 'masked' }), known });

    const make = await owners.look([owned], source);
    expect(known.size).toBe(0);

    expect(make().map(({ type, streamId }) => [type, streamId])).toEqual([
      ['OwnerObserved', uidOf('ReplicaSet web-7')],
    ]);
    expect([...known.uids()]).toEqual([uidOf('ReplicaSet web-7')]);
  });

  it('tells an owner once, although two looks found it at the same time', async () => {
    const masking = new Masking({ key: 'a key', commands: 'masked' });
    const owners = new Owners({ cluster, masking, known: new KnownParts() });

    const [one, other] = await Promise.all([owners.look([owned], source), owners.look([owned], source)]);

    expect([...one(), ...other()]).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import { condition, containerStatus, rawPod, writtenBy, type PodShape } from '../testing/raw-pod.js';
import { KnownParts, saveKnown } from './known-parts.js';
import type { SavedKnown } from './known-parts.js';
import { farewell, lay, observe } from './known.js';
import { Masking } from './masking.js';
import { podObserved } from './observation-body.js';
import { readParts } from './read-parts.js';
import { reducePod } from './reduce-pod.js';

const masking = new Masking({ key: 'a key', commands: 'masked' });
const reduced = (shape: PodShape = {}) => reducePod(rawPod(shape), masking);
const known = (shape: PodShape = {}) => observe(undefined, reduced(shape))?.known;

describe('observe', () => {
  it('finds every part of what it never saw', () => {
    expect(observe(undefined, reduced())?.parts).toEqual(reduced().parts);
  });

  it('finds nothing in the same look twice, whatever its resourceVersion', () => {
    expect(observe(known(), reduced({ resourceVersion: '8' }))).toBeUndefined();
  });

  it('finds the parts that changed, and no others', () => {
    const change = observe(known(), reduced({ status: { phase: 'Failed' } }));

    expect([...(change?.parts.keys() ?? [])]).toEqual(['status']);
  });

  it('says of a part that went that it went', () => {
    const conditions = [condition('Initialized', 'True'), condition('Ready', 'True')];

    const change = observe(known(), reduced({ status: { conditions } }));

    expect(change?.parts).toEqual(new Map([['condition.ContainersReady', null]]));
  });

  it('tells a change of probes from all others', () => {
    const unready = {
      conditions: [
        condition('Initialized', 'True'),
        condition('ContainersReady', 'False'),
        condition('Ready', 'False'),
      ],
      containerStatuses: [containerStatus('app', { ready: false })],
    };
    const restarted = { ...unready, containerStatuses: [containerStatus('app', { ready: false, restartCount: 1 })] };

    expect(observe(known(), reduced({ status: unready }))?.probesOnly).toBe(true);
    expect(observe(known(), reduced({ status: restarted }))?.probesOnly).toBe(false);
    expect(observe(undefined, reduced())?.probesOnly).toBe(false);
  });

  it('names the managers whose entries moved', () => {
    const managedFields = [
      writtenBy('kubelet', '2026-11-21T02:00:09Z', 'status'),
      writtenBy('kubectl-edit', '2026-11-21T02:05:00Z'),
    ];

    const change = observe(known(), reduced({ metadata: { managedFields, labels: { a: 'b' } } }));

    expect(change?.writes).toEqual([
      { manager: 'kubectl-edit', operation: 'Update', subresource: null, time: '2026-11-21T02:05:00Z' },
    ]);
  });

  it('names the same manager again when it wrote again, and tells its subresources apart', () => {
    const managedFields = [
      writtenBy('kubelet', '2026-11-21T02:00:10Z', 'status'),
      writtenBy('kubelet', '2026-11-21T02:00:09Z'),
    ];

    const change = observe(known(), reduced({ metadata: { managedFields, labels: { a: 'b' } } }));

    expect(change?.writes.map(({ subresource, time }) => [subresource, time])).toEqual([
      ['status', '2026-11-21T02:00:10Z'],
      [null, '2026-11-21T02:00:09Z'],
    ]);
  });
});

describe('farewell', () => {
  it('gives what the last frame changed', () => {
    const metadata = { deletionTimestamp: '2026-11-21T02:01:00Z' };

    expect([...farewell(known(), reduced({ metadata })).parts.keys()]).toEqual(['deletion']);
  });

  it('claims nothing of a pod that is missing from a list', () => {
    expect(farewell(known(), undefined)).toMatchObject({ parts: new Map(), writes: [] });
  });
});

describe('what is known', () => {
  it('can be regained from stored bodies: the next look finds the same changes', () => {
    const source = { shardId: 1, watchEpoch: 1, via: 'watch', receivedAt: '2026-11-21T02:00:10.000Z' } as const;
    const shapes: PodShape[] = [{}, { status: { phase: 'Failed' } }, { status: { phase: 'Failed', conditions: [] } }];
    const next = reduced({ status: { phase: 'Succeeded', conditions: [] }, metadata: { managedFields: [] } });

    const live = new KnownParts();
    const regained = new KnownParts();
    for (const shape of shapes) {
      const look = reduced(shape);
      const change = observe(live.get(look.uid), look);
      if (!change) throw new Error('every look changes something');
      live.set(look.uid, change.known);
      const { parts, writes } = readParts(podObserved(source, look, change).body);
      regained.lay(look.uid, parts, writes);
    }

    expect(observe(regained.get(next.uid), next)?.parts).toEqual(observe(live.get(next.uid), next)?.parts);
    expect(observe(regained.get(next.uid), reduced(shapes[2]))).toBeUndefined();
  });

  it('can be saved and loaded', () => {
    const before = new KnownParts();
    before.set('a', lay(undefined, reduced().parts, []));

    const after = new KnownParts();
    after.load(JSON.parse(JSON.stringify(saveKnown(before.now()))) as SavedKnown);

    expect(observe(after.get('a'), reduced())).toBeUndefined();
    expect([...after.uids()]).toEqual(['a']);
  });

  it('takes less than 512 bytes of a live pod, its uid included', () => {
    const pods = new KnownParts();
    for (let n = 0; n < 1_000; n += 1) pods.set(`pod-${n}`, lay(undefined, reduced().parts, []));

    const { layouts, subjects } = saveKnown(pods.now());
    const bytes = subjects.map(([, , hashes, writes]) => hashes.length + writes.length);

    expect(Math.max(...bytes)).toBeLessThan(200);
    expect(layouts).toHaveLength(1);
    expect(new Set([...pods.uids()].map((uid) => pods.get(uid)?.layout)).size).toBe(1);
  });
});

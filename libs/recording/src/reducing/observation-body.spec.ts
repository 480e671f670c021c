import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rawPod, nthUid } from '../testing/raw-pod.js';
import { nameBased, watchStream } from './identity.js';
import { farewell, observe, type Change } from './known.js';
import { Masking } from './masking.js';
import { observationGap, podGone, podObserved, watchOpened, type Source } from './observation-body.js';
import { reducePod } from './reduce-pod.js';

const masking = new Masking({ key: 'a key', commands: 'masked' });
const reduced = reducePod(rawPod(), masking);
const source: Source = { shardId: 1, watchEpoch: 1, via: 'watch', receivedAt: '2026-11-21T02:00:10.123Z' };

function change(): Change {
  const seen = observe(undefined, reduced);
  if (!seen) throw new Error('never seen before');
  return seen;
}

describe('an observation', () => {
  it('says what every observation says, and carries the parts whole', () => {
    const { streamId, type, schemaVersion, body } = podObserved(source, reduced, change());
    const { parts, ...said } = JSON.parse(body) as { parts: object };

    expect({ streamId, type, schemaVersion }).toEqual({ streamId: nthUid(1), type: 'PodObserved', schemaVersion: 1 });
    expect(said).toEqual({
      type: 'PodObserved',
      reducer: 1,
      via: 'watch',
      resourceVersion: '7',
      receivedAt: '2026-11-21T02:00:10.123Z',
      writes: [{ manager: 'kubelet', operation: 'Update', subresource: 'status', time: '2026-11-21T02:00:09Z' }],
    });
    expect(Object.keys(parts)).toEqual([...reduced.parts.keys()].toSorted());
  });

  it('has the same identity for whoever sees it, whenever', () => {
    const later = { ...source, receivedAt: '2026-11-21T03:00:00.000Z' };

    expect(podObserved(later, reduced, change()).eventId).toBe(podObserved(source, reduced, change()).eventId);
  });

  it.each<[string, Partial<Source>, Partial<typeof reduced>]>([
    ['shard', { shardId: 2 }, {}],
    ['watch epoch', { watchEpoch: 2 }, {}],
    ['way', { via: 'relist' }, {}],
    ['resourceVersion', {}, { resourceVersion: '8' }],
    ['subject', {}, { uid: nthUid(9) }],
  ])('has another identity in another %s', (_, elsewhere, other) => {
    const moved = podObserved({ ...source, ...elsewhere }, { ...reduced, ...other }, change());

    expect(moved.eventId).not.toBe(podObserved(source, reduced, change()).eventId);
  });

  it('has another identity with other parts', () => {
    const less = { ...change(), parts: new Map([['status', '{}']]) };

    expect(podObserved(source, reduced, less).eventId).not.toBe(podObserved(source, reduced, change()).eventId);
  });

  it('says how many held changes of probes it stands for, if any', () => {
    expect(JSON.parse(podObserved(source, reduced, change(), 3).body)).toMatchObject({ coalesced: 3 });
    expect(podObserved(source, reduced, change()).body).not.toContain('coalesced');
  });
});

describe('a pod that is gone', () => {
  it('tells the span in which it went when it was missing from a list', () => {
    const between = { lastSeen: '2026-11-21T02:00:00.000Z', foundMissing: '2026-11-21T02:05:00.000Z' };
    const going = { how: 'missing', between, listResourceVersion: '99' } as const;

    const { body } = podGone({ ...source, via: 'relist' }, reduced, farewell(change().known, undefined), going);

    expect(JSON.parse(body)).toMatchObject({
      type: 'PodGone',
      how: 'missing',
      between,
      parts: {},
      resourceVersion: null,
    });
  });
});

describe('an observation of the watch', () => {
  it('is in the stream of the watch', () => {
    const said = { resource: 'pods', namespace: null, count: 3, watchEpoch: 1, serverVersion: 'v1.36.3' };

    const { streamId, body } = watchOpened({ ...source, via: 'initialList' }, said, '236');

    expect(streamId).toBe(watchStream(1, 'pods', null));
    expect(JSON.parse(body)).toEqual({
      ...said,
      type: 'WatchOpened',
      reducer: 1,
      via: 'initialList',
      resourceVersion: '236',
      receivedAt: source.receivedAt,
      writes: [],
    });
  });

  it('tells one gap from another', () => {
    const gap = {
      resource: 'pods',
      namespace: null,
      from: '2026-11-21T02:00:00.000Z',
      to: '2026-11-21T02:01:00.000Z',
      fromResourceVersion: '5',
      toResourceVersion: '9',
      cause: 'expired',
    } as const;

    const ids = [gap, gap, { ...gap, cause: 'stopped' as const }].map((said) => observationGap(source, said).eventId);

    expect(new Set(ids).size).toBe(2);
  });
});

describe('nameBased', () => {
  it('is version 5 of RFC 9562', () => {
    expect(nameBased('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  it.each(['', 'é\u{1f600}', '\ud800', 'x'.repeat(4_080), 'é'.repeat(5_000)])(
    'hashes namespace and name: %#',
    (name) => {
      const namespace = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex');
      const digest = createHash('sha1').update(namespace).update(name).digest();
      digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
      digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;

      const uuid = nameBased('6ba7b810-9dad-11d1-80b4-00c04fd430c8', name);

      expect(uuid.replaceAll('-', '')).toBe(digest.subarray(0, 16).toString('hex'));
    },
  );
});

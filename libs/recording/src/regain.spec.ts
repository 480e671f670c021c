import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Recorded } from '#libs/event-store';
import type { KeptStates, Piece } from './kept-state/index.js';
import { piecesNow } from './kept-state/pieces.js';
import {
  KnownParts,
  Masking,
  farewell,
  kubeEventObserved,
  nodeObserved,
  observe,
  ownerObserved,
  podGone,
  podObserved,
  reduceEvent,
  reduceNode,
  reduceOwner,
  reducePod,
} from './reducing/index.js';
import type { Draft, Source } from './reducing/index.js';
import { regain } from './regain.js';
import { knownBy } from './testing/index.js';
import { condition, containerStatus, nthUid, rawPod, writtenBy } from './testing/raw-pod.js';

const masking = new Masking({ key: 'a key', commands: 'masked' });

/** Something that happens to one of a few subjects. */
type Step = Readonly<{
  what: 'pod' | 'gone' | 'event' | 'node' | 'owner';
  nth: number;
  shape: number;
  namespace: string;
}>;

const steps = fc.array(
  fc.record<Step>({
    what: fc.constantFrom('pod', 'pod', 'pod', 'gone', 'event', 'node', 'owner'),
    nth: fc.nat(4),
    shape: fc.nat(5),
    namespace: fc.constantFrom('shop', 'yard', 'else'),
  }),
  { minLength: 1, maxLength: 40 },
);

const failed = { terminated: { exitCode: 1, containerID: 'containerd://x', startedAt: '2026-11-21T02:00:01Z' } };
const shapes = [
  { status: { phase: 'Pending', conditions: [], initContainerStatuses: [], containerStatuses: [] } },
  { status: { phase: 'Running' } },
  { metadata: { labels: { a: 'b' }, managedFields: [writtenBy('kubectl', '2026-11-21T02:05:00Z')] } },
  { status: { conditions: [condition('Initialized', 'False')] } },
  { status: { initContainerStatuses: [containerStatus('prepare', { state: failed })] } },
  { spec: { initContainers: [] } },
];

/** The log of a recorder to which these things happen, one after the other. */
function logOf(all: readonly Step[]): Recorded[] {
  const known = { pod: new KnownParts(), event: new KnownParts(), node: new KnownParts(), owner: new KnownParts() };
  return all
    .flatMap((step, at) => {
      const [draft] = told(step, at, known);
      if (!draft) return [];
      const recordedAt = new Date(Date.now() - 1_000 + at).toISOString();
      return [{ ...draft, shardId: 1, position: 0, recordedAt }];
    })
    .map((event, position) => ({ ...event, position }));
}

type Known = Readonly<Record<'pod' | 'event' | 'node' | 'owner', KnownParts>>;

function told({ what, nth, shape, namespace }: Step, at: number, known: Known): Draft[] {
  const source: Source = { shardId: 1, watchEpoch: 0, via: 'watch', receivedAt: '2026-11-21T02:00:00.000Z' };
  const metadata = { name: `s-${nth}`, uid: nthUid(nth), resourceVersion: String(100 + at), namespace };
  const labels = { shape: String(shape) };
  switch (what) {
    case 'gone': {
      if (!known.pod.has(metadata.uid)) return [];
      const last = reducePod(rawPod({ ...metadata, ...shapes[shape] }), masking);
      const change = farewell(known.pod.get(last.uid), last);
      known.pod.delete(last.uid);
      return [podGone(source, last, change, { how: 'deleted', between: null, listResourceVersion: null })];
    }
    case 'pod': {
      const { metadata: more, ...rest } = shapes[shape] ?? {};
      const reduced = reducePod(
        rawPod({ ...metadata, ...rest, metadata: { ...more, namespace: `ns-${nth}` } }),
        masking,
      );
      return written(known.pod, reduced, (change) => podObserved(source, reduced, change));
    }
    case 'event': {
      const involvedObject = { kind: 'Pod', name: 'web', namespace, uid: nthUid(nth) };
      const reduced = reduceEvent({ metadata, involvedObject, count: shape, reason: 'Pulled' }, masking);
      return reduced ? written(known.event, reduced, (change) => kubeEventObserved(source, reduced, change)) : [];
    }
    case 'node': {
      const reduced = reduceNode({ metadata: { ...metadata, labels }, spec: {}, status: {} }, masking);
      return written(known.node, reduced, (change) => nodeObserved(source, reduced, change, shape === 5));
    }
    case 'owner': {
      const reduced = reduceOwner(
        { metadata: { ...metadata, generation: shape } },
        { apiVersion: 'v1', kind: 'X' },
        masking,
      );
      return written(known.owner, reduced, (change) => ownerObserved(source, reduced, change, false));
    }
  }
}

type Change = NonNullable<ReturnType<typeof observe>>;

function written(known: KnownParts, reduced: Parameters<typeof observe>[1], draft: (change: Change) => Draft): Draft[] {
  const change = observe(known.get(reduced.uid), reduced);
  if (!change) return [];
  known.set(reduced.uid, change.known);
  return [draft(change)];
}

const readerOf = (log: readonly Recorded[]) => ({
  readAfter(_shard: number, after: { position: number } | number, limit: number) {
    const from = (typeof after === 'number' ? after : after.position) + 1;
    return Promise.resolve(log.slice(from, from + limit));
  },
});

describe('what is regained', () => {
  it('is the same from what was kept at any position and the rest as from the whole log', async () => {
    const scopes = fc.constantFrom([], ['ns-0', 'ns-1', 'shop']);
    const choices = fc.record({
      namespaces: scopes,
      logTails: fc.boolean(),
      cut: fc.nat(),
      kept: fc.nat(40),
      stored: fc.nat(40),
    });
    await fc.assert(
      fc.asyncProperty(steps, choices, async (all, { cut, kept, stored, ...choice }) => {
        const log = logOf(all);
        fc.pre(log.length > 0);
        const size = 1 + (cut % log.length);
        // A position only moves on.
        const [then, now] = [100 + Math.min(kept, stored), 100 + Math.max(kept, stored)].map(String);
        const at = (position: string | undefined) => ({ shardId: 1, ...choice, podsPosition: () => position });

        const before = await regain(readerOf(log.slice(0, size)), at(then));
        const pieces = JSON.parse(JSON.stringify([...piecesNow(before, () => then)])) as Piece[];
        const last = log[size - 1];
        const states = {
          load(_: unknown, take: (piece: Piece, keptAt: never) => void) {
            for (const piece of pieces) take(piece, last as never);
            return Promise.resolve({ at: { size, eventId: last?.eventId, recordedAt: last?.recordedAt } });
          },
        } as unknown as KeptStates;

        const found = await regain(readerOf(log), at(now), states);

        expect(found.keptSize).toBe(size);
        expect(found.count).toBe(log.length - size);
        expect(knownBy(found)).toEqual(knownBy(await regain(readerOf(log), at(now))));
      }),
    );
  });
});

import { array, assert, constantFrom, integer, option, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { waitClusters, type Wait } from './wait-clusters.js';

const at = 1_000_000;
const wait = (podUid: string, from: number, to: number | null, endpoint = 'db.shop:5432'): Wait => ({
  endpoint,
  podUid,
  from: from * 1000,
  to: to === null ? null : to * 1000,
});
const told = (...waits: readonly Wait[]): readonly string[] =>
  waitClusters(waits, at, 60).map(
    ({ endpoint, from, to, pods, peak, open }) =>
      `${endpoint} ${from / 1000}..${to === null ? 'now' : to / 1000}: ${pods} pods, ${peak} at once, ${open} open`,
  );

describe('waits on one target', () => {
  it('that overlap are one cluster', () => {
    expect(told(wait('a', 0, 100), wait('b', 50, 120), wait('c', 110, 130))).toEqual([
      'db.shop:5432 0..130: 3 pods, 2 at once, 0 open',
    ]);
  });

  it('that follow one another within the span are one, and later ones another', () => {
    expect(told(wait('a', 0, 10), wait('b', 70, 80), wait('c', 141, 150))).toEqual([
      'db.shop:5432 0..80: 2 pods, 1 at once, 0 open',
      'db.shop:5432 141..150: 1 pods, 1 at once, 0 open',
    ]);
  });

  it('are open while any goes on', () => {
    expect(told(wait('a', 0, 900), wait('b', 10, null))).toEqual(['db.shop:5432 0..now: 2 pods, 2 at once, 1 open']);
  });

  it('of one pod again and again are one pod', () => {
    expect(told(wait('a', 0, 10), wait('a', 5, 20), wait('a', 30, 40))).toEqual([
      'db.shop:5432 0..40: 1 pods, 1 at once, 0 open',
    ]);
  });

  it('are apart from those on others, most pods first', () => {
    expect(told(wait('a', 0, 10, 'mq.shop:5672'), wait('b', 5, 9), wait('c', 6, 9))).toEqual([
      'db.shop:5432 5..9: 2 pods, 2 at once, 0 open',
      'mq.shop:5672 0..10: 1 pods, 1 at once, 0 open',
    ]);
  });

  it('add up to pod seconds, those that go on up to the moment that is asked about', () => {
    const [cluster] = waitClusters([wait('a', 0, 10), wait('b', 5, null)], 65_000, 60);

    expect([cluster?.podSeconds, cluster?.longestSeconds]).toEqual([70, 60]);
  });

  it('that end before they begin, by another clock, take no time', () => {
    expect(told(wait('a', 10, 5))).toEqual(['db.shop:5432 10..10: 1 pods, 1 at once, 0 open']);
  });

  it('of none are none', () => {
    expect(told()).toEqual([]);
  });
});

const waits = array(
  record({
    endpoint: constantFrom('a', 'b', 'c'),
    podUid: constantFrom('1', '2', '3', '4'),
    from: integer({ min: 0, max: 900 }),
    to: option(integer({ min: 0, max: 999 })),
  }),
  { maxLength: 30 },
);

it('puts every wait in exactly one cluster, in which no gap is longer than the span, and keeps clusters apart by more', () => {
  assert(
    property(waits, integer({ min: 0, max: 50 }), (all, join) => {
      const clusters = waitClusters(all, 1_000, join / 1000);

      expect(clusters.flatMap((one) => one.waits).toSorted(byAll)).toEqual(all.toSorted(byAll));
      for (const one of clusters) {
        let until = one.from;
        for (const { from, to } of one.waits) {
          expect(from).toBeLessThanOrEqual(until + join);
          until = Math.max(until, from, to ?? 1_000);
        }
        expect(one.peak).toBeLessThanOrEqual(one.pods);
        expect(one.peak).toBeGreaterThan(0);
        for (const other of clusters) {
          if (other === one || other.endpoint !== one.endpoint || other.from < one.from) continue;
          expect(other.from).toBeGreaterThan(until + join);
        }
      }
    }),
  );
});

it('tells the same, whatever the order of the waits', () => {
  const lateInTheSum = [
    { endpoint: 'c' as const, podUid: '1' as const, from: 0, to: 51 },
    { endpoint: 'c' as const, podUid: '1' as const, from: 7, to: 11 },
    { endpoint: 'c' as const, podUid: '1' as const, from: 7, to: 50 },
  ];
  assert(
    property(waits, (all) => {
      const bare = (some: readonly Wait[]) =>
        waitClusters(some, 1_000, 0.02).map(({ waits: _waits, ...cluster }) => cluster);

      expect(bare(all.toReversed())).toEqual(bare(all));
    }),
    { examples: [[lateInTheSum]] },
  );
});

const byAll = (a: Wait, b: Wait): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

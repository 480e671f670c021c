import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RULES } from '#libs/init-history';
import { goodStart, initEnds, initRuns, newPod, podGone, time, type Seen } from '#testing/projections';
import { Scene, sceneNow, surroundings } from '../testing/index.js';

const minute = 60;
const day = 86_400;
const week = 7 * day;

/** Ends at all parts of hours and days of three weeks: most are good, every third begins with a failure. Of the first half nothing lives on. */
const starts = Array.from({ length: 36 }, (_, nth): readonly Seen[] => {
  const at = nth * 47_111 + 100;
  const pod = nth + 1;
  const start =
    nth % 3 > 0
      ? goodStart(pod, at, 5 + nth)
      : [newPod(pod, at), initRuns(pod, at), initEnds(pod, at, at + 4, 1 + (nth % 2) * 136)];
  return nth < 18 ? [...start, podGone(pod, at + 1_000)] : start;
}).flat();

const spans = fc
  .tuple(fc.integer({ min: -day, max: 3 * week }), fc.integer({ min: 1, max: 2 * week }))
  .map(([from, length]) => [from - (from % minute), from + length] as const);

const questions = fc.constantFrom(
  'durations?',
  'durations?groupBy=container&',
  'durations?groupBy=revision&interval=6h&',
  'failures?groupBy=namespace&',
  'failures?groupBy=container&interval=1d&',
  'restarts?interval=1d&',
);

type Report = Readonly<{ items: readonly unknown[]; meta: { position: string; frozen: readonly unknown[] } }>;

describe('reports over any span, of which some was dropped', { timeout: 240_000 }, () => {
  let scene: Scene;
  let whole: Scene;
  let position: string;
  beforeAll(async () => {
    const seen = [...surroundings(), ...starts];
    whole = await Scene.set(seen);
    scene = await Scene.set(seen);
    vi.setSystemTime(sceneNow + 4 * week * 1_000);
    // Two weeks, one after the other, in the midst of a day; then other rules build all of it anew.
    for (const horizon of [30, 71]) {
      await scene.ledger.freeze(horizon);
      await scene.ledger.drop(horizon);
    }
    await scene.ledger.takeOver({ rules: '99' });
    ({ position } = (await scene.body<Report>('/api/v1/reports/durations')).meta);
  });
  afterAll(async () => {
    await whole.end();
    await scene.end();
  });

  it('say the same from whole hours and days, less what is too much of them, as from the rows that lie in it, and as before', async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(questions, spans, async (question, [from, to]) => {
        const path = `/api/v1/reports/${question}from=${time(from)}&to=${time(to)}`;
        const summed = await scene.body<Report>(path);
        const counted = await scene.body<Report>(`${path}&asOf=${position}`);

        expect(summed.items).toEqual(counted.items);
        expect(summed.items).toEqual((await whole.body<Report>(path)).items);
        expect(summed.meta.frozen).toMatchObject([{ from: '1:0', to: '1:71', rules: RULES }]);
        told += summed.items.length;
      }),
      { numRuns: 60 },
    );
    expect(told).toBeGreaterThan(60);
  });
});

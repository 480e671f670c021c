import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { goodStart, initEnds, initRuns, newPod, time, type Seen } from '#testing/projections';
import { Scene, sceneNow, surroundings } from '../testing/index.js';

const minute = 60;
const day = 86_400;

/** Ends at all parts of hours and days: most are good, every third begins with a failure. */
const starts = Array.from({ length: 24 }, (_, nth): readonly Seen[] => {
  const at = nth * 9_737 + 100;
  const pod = nth + 1;
  if (nth % 3 > 0) return goodStart(pod, at, 5 + nth);
  return [newPod(pod, at), initRuns(pod, at), initEnds(pod, at, at + 4, 1 + (nth % 2) * 136)];
}).flat();

const spans = fc
  .tuple(fc.integer({ min: -day, max: 4 * day }), fc.integer({ min: 1, max: 3 * day }))
  .map(([from, length]) => [from - (from % minute), from + length] as const);

const questions = fc.constantFrom(
  'durations?',
  'durations?groupBy=container&',
  'durations?groupBy=revision&interval=6h&',
  'failures?groupBy=namespace&',
  'failures?groupBy=container&interval=1d&',
  'restarts?interval=1d&',
);

type Report = Readonly<{ items: readonly unknown[]; meta: { position: string } }>;

describe('reports over any span', { timeout: 120_000 }, () => {
  let scene: Scene;
  let position: string;
  beforeAll(async () => {
    scene = await Scene.set([...surroundings(), ...starts]);
    vi.setSystemTime(sceneNow + 5 * day * 1_000);
    ({ position } = (await scene.body<Report>('/api/v1/reports/durations')).meta);
  });
  afterAll(() => scene.end());

  it('say the same from whole hours and days, less what is too much of them, as from the rows that lie in it', async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(questions, spans, async (question, [from, to]) => {
        const path = `/api/v1/reports/${question}from=${time(from)}&to=${time(to)}`;
        const summed = await scene.body<Report>(path);
        const counted = await scene.body<Report>(`${path}&asOf=${position}`);

        expect(summed.items).toEqual(counted.items);
        told += summed.items.length;
      }),
      { numRuns: 80 },
    );
    expect(told).toBeGreaterThan(80);
  });
});

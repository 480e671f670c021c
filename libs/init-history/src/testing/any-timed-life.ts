import * as fc from 'fast-check';
import type { TimedInit, TimedPod, TimedRun } from './timed-life.js';

const perhaps = (max: number): fc.Arbitrary<number> => fc.oneof(fc.constant(0), fc.integer({ min: 1, max }));

const run = (exitCode: fc.Arbitrary<number>): fc.Arbitrary<TimedRun> =>
  fc.record({
    queueMs: perhaps(8_000),
    pullMs: perhaps(20_000),
    createMs: fc.integer({ min: 1, max: 900 }),
    runMs: perhaps(30_000),
    exitCode,
    restMs: fc.integer({ min: 1, max: 20_000 }),
  });

const init: fc.Arbitrary<TimedInit> = fc.record({
  sidecar: fc.boolean(),
  startupMs: perhaps(9_000),
  runs: fc
    .tuple(fc.array(run(fc.constant(1)), { maxLength: 3 }), fc.option(run(fc.constant(0)), { freq: 6 }))
    .map(([failing, last]) => [...failing, ...(last ? [last] : [])]),
});

/** What `timedLifeOf` makes any life of, with its truth in milliseconds. */
export const anyTimedPod: fc.Arbitrary<TimedPod> = fc.record({
  from: fc.integer({ min: 0, max: 999 }).map((ms) => Date.parse('2026-11-21T08:00:00Z') + ms),
  kubelet: fc.constantFrom(33, 36),
  gatedMs: perhaps(60_000),
  schedulingMs: perhaps(5_000),
  acceptanceMs: perhaps(4_000),
  sandboxMs: perhaps(30_000),
  init: fc.array(init, { minLength: 1, maxLength: 3 }),
  appMs: perhaps(9_000),
  again: fc.boolean(),
});

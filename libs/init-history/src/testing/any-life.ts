import * as fc from 'fast-check';
import { frameEpoch, frameUid } from './frame.js';
import { lifeOf, type Life, type LifeOfPod } from './life.js';

/** The runs of one init container, one after another. */
const runs = fc
  .array(
    fc.record({
      seconds: fc.integer({ min: 0, max: 90 }),
      exitCode: fc.constantFrom(0, 1, 2, 137),
      reason: fc.constantFrom(undefined, undefined, undefined, 'OOMKilled'),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((list) => list.map(({ reason, ...run }) => (reason ? { ...run, reason } : run)));

/** Any life of a pod of regular init containers, with its truth. */
export const anyLife = fc
  .record({
    init: fc.array(runs, { minLength: 0, maxLength: 4 }),
    restartPolicy: fc.constantFrom<NonNullable<LifeOfPod['restartPolicy']>>('Always', 'OnFailure', 'Never'),
  })
  .map(({ init, restartPolicy }): Life =>
    lifeOf({
      uid: frameUid,
      name: 'any',
      from: frameEpoch,
      restartPolicy,
      init: init.map((list, i) => ({ name: `init-${i}`, runs: list })),
    }),
  );

/** Where a category was read: happenings, attempts and cycles name the same field. */
import { describe, expect, it } from 'vitest';
import { noContext } from './context.js';
import type { Happening } from './happenings.js';
import { podAccount } from './account/pod-account.js';
import { nothingKnown } from './history.js';
import { ended, frameEpoch, frameUid, running, second, waiting, type Frame } from './testing/frame.js';
import { happeningsOf, watched } from './testing/told.js';

type Bag = Record<string, unknown>;

const a = 'status.initContainerStatuses[a]';
const crashed = ended('a0', [3, 5], 1);
const deleted: Bag = { deletionTimestamp: second(9), deletionGracePeriodSeconds: 30 };
const evicted = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'EvictionByEvictionAPI',
  lastTransitionTime: second(5),
};
const failedPod = (reason: string, more: Frame = {}): Frame => ({
  ...more,
  status: { phase: 'Failed', reason, message: 'so' },
});
const refused: Frame = {
  status: {
    phase: 'Failed',
    reason: 'OutOfcpu',
    message: 'Pod was rejected: so',
    initContainerStatuses: [],
    containerStatuses: [],
  },
};

describe('a happening that names a category', () => {
  const gone: Frame = { a: running('a0', 3), ready: ['False', 20] };
  const again: Frame = { a: running('a1', 31, 1), ready: ['True', 30] };
  const failed: Frame = { ...failedPod(''), a: crashed, spec: { restartPolicy: 'Never' } };

  it.each<[string, readonly Frame[], Readonly<{ type: Happening['type']; category: string; categorySource: string }>]>([
    [
      'a failed instance',
      [{ a: crashed }],
      { type: 'InitContainerFinished', category: 'CRASH', categorySource: `${a}.terminated.exitCode` },
    ],
    [
      'a waiting reason',
      [{ a: waiting('ErrImagePull') }],
      { type: 'InitContainerWaiting', category: 'IMAGE_PULL', categorySource: `${a}.state.waiting.reason` },
    ],
    [
      'a pod that failed by it',
      [failed],
      { type: 'InitializationFailed', category: 'CRASH', categorySource: `${a}.terminated.exitCode` },
    ],
    ['a refusal', [refused], { type: 'InitializationFailed', category: 'ADMISSION', categorySource: 'status.reason' }],
    [
      'a deadline',
      [failedPod('DeadlineExceeded')],
      { type: 'InitializationAborted', category: 'DEADLINE', categorySource: 'status.reason' },
    ],
    [
      'a deletion',
      [{ metadata: deleted }],
      { type: 'InitializationAborted', category: 'DELETED', categorySource: 'metadata.deletionTimestamp' },
    ],
    [
      'a disruption',
      [{ metadata: deleted, conditions: [evicted] }],
      {
        type: 'InitializationAborted',
        category: 'EVICTION',
        categorySource: 'status.conditions[DisruptionTarget].reason',
      },
    ],
    [
      'a sandbox that was made again',
      [{ a: running('a0', 3) }, gone, again],
      {
        type: 'InitializationAborted',
        category: 'NODE_OR_RUNTIME_LOST',
        categorySource: 'status.conditions[PodReadyToStartContainers].lastTransitionTime',
      },
    ],
  ])('says which field decided it, as the cycle does: %s', (_, frames, expected) => {
    const all = watched(frames);
    expect(happeningsOf(all).find(({ type }) => type === expected.type)).toMatchObject(expected);
    const account = podAccount(all.pods.get(frameUid) ?? nothingKnown, frameEpoch + 600_000, noContext);
    const cycle = account.cycles[0];
    const evidences = [cycle, ...(cycle?.initContainers ?? []), ...(cycle?.initContainers[0]?.attempts ?? []), account];
    expect(evidences.map((one) => one?.categoryEvidence?.source)).toContain(expected.categorySource);
  });
});

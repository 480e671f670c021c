/** Whose clock tells when a pod was bound to its node (semantics 1.1, 1.4). */
import { describe, expect, it } from 'vitest';
import { happeningsOf, second, watched, type Frame } from '../testing/index.js';

type Bag = Record<string, unknown>;

const scheduled = (status: string): Bag => ({ type: 'PodScheduled', status, lastTransitionTime: second(3) });
const shown = (conditions: readonly Bag[], more: Frame = {}): Frame => ({
  ...more,
  status: { conditions, startTime: null, initContainerStatuses: [], containerStatuses: [] },
});
const mirror: Frame = {
  metadata: { creationTimestamp: second(9), annotations: { 'kubernetes.io/config.mirror': 'static' } },
};
const nowhere: Frame = { spec: { nodeName: null } };

describe('PodScheduled is told', () => {
  it.each<[string, readonly Frame[], string]>([
    ['by the binding, of a pod that had no node', [shown([], nowhere), shown([scheduled('True')])], 'apiserver'],
    [
      'by the scheduler, of a pod that it held up before',
      [shown([scheduled('False')]), shown([scheduled('True')])],
      'apiserver',
    ],
    ['by the kubelet, of a pod that was made with its node', [shown([]), shown([scheduled('True')])], 'node'],
    ['by the kubelet, of a static pod', [shown([scheduled('True')], mirror)], 'node'],
  ])('%s', (_, frames, clock) => {
    const told = happeningsOf(watched(frames)).find(({ type }) => type === 'PodScheduled');
    expect(told).toMatchObject({ at: second(3), clock });
  });
});

import { describe, expect, it } from 'vitest';
import type { NodeObserved } from '#libs/init-history';
import { nextVersion, toNodeContext, type ContextVersion } from './context-version.js';

const seen = (bootID: string, minute: number, more: Partial<NodeObserved> = {}) => ({
  streamId: 'node-uid',
  position: minute,
  recordedAt: `2026-11-21T08:0${minute}:01.000000Z`,
  observation: {
    type: 'NodeObserved' as const,
    reducer: 1,
    via: 'watch' as const,
    resourceVersion: String(minute),
    receivedAt: `2026-11-21T08:0${minute}:01.000Z`,
    writes: [{ manager: 'kubelet', operation: 'Update', subresource: 'status', time: `2026-11-21T08:0${minute}:00Z` }],
    gone: false,
    parts: { metadata: { name: 'node-a' }, nodeInfo: { bootID } },
    ...more,
  },
});

const folded = (...all: readonly ReturnType<typeof seen>[]): ContextVersion =>
  all.reduce<ContextVersion | undefined>((before, one) => nextVersion(before, one), undefined) as ContextVersion;

describe('when a node booted', () => {
  it('is not known of the boot that it was found in', () => {
    expect(toNodeContext(folded(seen('boot-1', 1), seen('boot-1', 2)))).not.toHaveProperty('boot');
  });

  it('is when its kubelet wrote another boot id, and stays so', () => {
    const at = '2026-11-21T08:02:00Z';
    const versions = [seen('boot-1', 1), seen('boot-2', 2), seen('boot-2', 3)];
    expect(toNodeContext(folded(...versions))).toMatchObject({ bootId: 'boot-2', boot: { at, notBefore: at } });
  });

  it('lies after the look before, where a list told of it', () => {
    const relisted = seen('boot-2', 4, { via: 'relist' });
    expect(toNodeContext(folded(seen('boot-1', 1), relisted)).boot).toEqual({
      at: '2026-11-21T08:04:00Z',
      notBefore: '2026-11-21T08:01:01.000Z',
    });
  });
});

/** What is learnt of a pod's context after what it explains: told again at its own position, by what it supersedes. */
import { describe, expect, it } from 'vitest';
import { noContext, podAccount, type Context, type GapContext, type NodeContext } from '../index.js';
import type { Happening } from '../happenings.js';
import { nothingKnown } from '../history.js';
import { end, ended, frame, frameEpoch, frameUid, passed, second, Watched, type Frame } from '../testing/index.js';

const at = (seconds: number): string => new Date(frameEpoch + seconds * 1000 + 500).toISOString();

const node = (more: Partial<NodeContext>): NodeContext => ({
  name: 'node-a',
  uid: 'node-uid',
  bootId: 'boot-1',
  kubeletVersion: 'v1.36.3',
  zone: null,
  ready: null,
  ...more,
});

/** A watch of one pod and of its node, whose context is what was seen of it last. */
class Seen {
  readonly watched = new Watched();

  frame(seconds: number, told: Frame): this {
    this.watched.look({ pod: frame(told), receivedAt: at(seconds) });
    return this;
  }

  node(seconds: number, known: NodeContext, gaps: readonly GapContext[] = []): this {
    this.watched.context = { ...this.watched.context, node: known, gaps };
    const via = gaps.length > 0 ? 'relist' : 'watch';
    const look = { reducer: 1, via, resourceVersion: null, receivedAt: at(seconds), writes: [] } as const;
    this.watched.fold(frameUid, { ...look, type: 'NodeObserved', gone: false, parts: {} });
    return this;
  }

  get happenings(): readonly Happening[] {
    return this.watched.happenings.get(frameUid) ?? [];
  }

  get account() {
    return podAccount(this.watched.pods.get(frameUid) ?? nothingKnown, frameEpoch + 900_000, this.watched.context);
  }

  causes(): readonly string[] {
    return this.account.cycles.map(({ cause }) => cause);
  }
}

const lost: Frame = { ...passed, ready: ['False', 20] };
const again: Frame = {
  ...passed,
  ready: ['True', 23],
  a: { ...ended('a1', [24, 26], 0, 1), lastState: { terminated: end('a0', [3, 5], 0) } },
  initialized: ['True', 8],
};
const nodesGap = (from: number, to: number): GapContext => ({
  position: 0,
  resource: 'nodes',
  from: second(from),
  to: second(to),
  cause: 'expired',
});

describe('a boot id that is known late', () => {
  const begunAnew = (): Seen => new Seen().node(0, node({})).frame(9, passed).frame(21, lost).frame(27, again);

  it('makes a cycle that began anew a reboot, at its own position, in the place of the first reading', () => {
    const seen = begunAnew();
    const first = seen.happenings.findLast(({ type }) => type === 'InitializationStarted');
    expect(seen.causes()).toEqual(['first', 'sandboxRecreated']);
    seen.node(40, node({ bootId: 'boot-2' }));
    expect(seen.causes()).toEqual(['first', 'nodeReboot']);
    expect(seen.happenings.at(-1)).toMatchObject({
      type: 'InitializationStarted',
      cause: 'nodeReboot',
      supersedes: first?.id,
      rule: 'cycle-nodeReboot',
    });
    expect(seen.happenings.at(-1)?.evidence.at(-1)).toBe(4);
  });

  it('makes none of a cycle of ten minutes ago: the node booted after it', () => {
    const seen = begunAnew().node(630, node({ bootId: 'boot-2' }));
    expect(seen.causes()).toEqual(['first', 'sandboxRecreated']);
  });

  it('makes one of it after all, where the node could not be seen from before the cycle on', () => {
    const seen = begunAnew().node(630, node({ bootId: 'boot-2' }), [nodesGap(15, 630)]);
    expect(seen.causes()).toEqual(['first', 'nodeReboot']);
    expect(seen.happenings.at(-1)?.gap).toBe(0);
  });

  it('makes none of it, where the node was still seen when the cycle began', () => {
    const seen = begunAnew().node(630, node({ bootId: 'boot-2' }), [nodesGap(100, 630)]);
    expect(seen.causes()).toEqual(['first', 'sandboxRecreated']);
  });

  it('makes one of it a minute later, and none after that', () => {
    expect(
      begunAnew()
        .node(87, node({ bootId: 'boot-2' }))
        .causes(),
    ).toEqual(['first', 'nodeReboot']);
    expect(
      begunAnew()
        .node(88, node({ bootId: 'boot-2' }))
        .causes(),
    ).toEqual(['first', 'sandboxRecreated']);
  });

  it('makes none where the node goes', () => {
    const seen = begunAnew();
    seen.watched.context = { ...seen.watched.context, node: null };
    const look = { reducer: 1, via: 'watch', resourceVersion: null, receivedAt: at(30), writes: [] } as const;
    seen.watched.fold(frameUid, { ...look, type: 'NodeObserved', gone: true, parts: {} });
    expect(seen.causes()).toEqual(['first', 'sandboxRecreated']);
  });

  it('makes none where it becomes unknown', () => {
    expect(
      begunAnew()
        .node(40, node({ bootId: null }))
        .causes(),
    ).toEqual(['first', 'sandboxRecreated']);
  });

  it('makes one of a pass that began nobody knew by what, and none of one that restarted in place', () => {
    const inPlace = (status: string, since: number): Frame['conditions'] => [
      { type: 'AllContainersRestarting', status, lastTransitionTime: second(since) },
    ];
    const rerun = { ...again, ready: ['True', 2] } as const;
    const unknown = new Seen().node(0, node({})).frame(9, passed).frame(27, rerun);
    expect(unknown.causes()).toEqual(['first', 'unknown']);
    expect(unknown.node(40, node({ bootId: 'boot-2' })).causes()).toEqual(['first', 'nodeReboot']);
    const restarted = new Seen()
      .node(0, node({}))
      .frame(9, { ...passed, conditions: inPlace('False', 1) ?? [] })
      .frame(27, { ...rerun, conditions: inPlace('True', 23) ?? [] });
    expect(restarted.causes()).toEqual(['first', 'restartAllContainers']);
    expect(restarted.node(40, node({ bootId: 'boot-2' })).causes()).toEqual(['first', 'restartAllContainers']);
  });

  it('is held against the boot that became known while the cycle before it ran', () => {
    const seen = new Seen()
      .frame(9, passed)
      .node(10, node({}))
      .node(19, node({ bootId: 'boot-2' }))
      .frame(21, lost)
      .frame(27, again);
    expect(seen.causes()).toEqual(['first', 'nodeReboot']);
  });

  it('says nothing where no boot was known before', () => {
    expect(new Seen().frame(9, passed).frame(21, lost).frame(27, again).node(40, node({})).causes()).toEqual([
      'first',
      'sandboxRecreated',
    ]);
  });

  it('says too by what the cycle before it was cut off', () => {
    const cut: Frame = { a: ended('a0', [3, 5]) };
    const anew: Frame = {
      ready: ['True', 23],
      a: { ...ended('a1', [24, 26], 0, 1), lastState: { terminated: end('a0', [3, 5], 0) } },
    };
    const seen = new Seen()
      .node(0, node({}))
      .frame(6, cut)
      .frame(21, { ...cut, ready: ['False', 20] })
      .frame(27, anew);
    const before = seen.happenings.filter(({ type }) => type === 'InitializationAborted');
    seen.node(40, node({ bootId: 'boot-2' }));
    const aborted = seen.happenings.filter(({ type }) => type === 'InitializationAborted');
    expect(aborted.map((one) => 'reason' in one && one.reason)).toEqual(['sandboxRecreated', 'nodeReboot']);
    expect(aborted[1]?.supersedes).toBe(before[0]?.id);
    expect(aborted[1]?.at).toBe(aborted[0]?.at);
    expect(seen.account.cycles.map(({ outcome }) => outcome)).toEqual(['aborted', 'running']);
  });
});

describe('a boot id that is known after a look that proved two passes', () => {
  it('says nothing of the end of the pass that was begun and over between two looks', () => {
    const twice: Frame = {
      ...again,
      ready: ['True', 43],
      a: { ...ended('a2', [44, 46], 0, 2), lastState: { terminated: end('a1', [24, 26], 0) } },
    };
    const seen = new Seen().node(0, node({})).frame(9, passed).frame(21, lost).frame(47, twice);
    expect(seen.account.cycles.map(({ outcome }) => outcome)).toEqual(['completed', 'unknown', 'running']);
    seen.node(50, node({ bootId: 'boot-2' }));
    expect(seen.causes()).toEqual(['first', 'sandboxRecreated', 'nodeReboot']);
    expect(seen.happenings.filter(({ type }) => type === 'InitializationAborted')).toHaveLength(1);
  });
});

describe('a kubelet version that is known late', () => {
  const readyOf = (seen: Seen) => seen.happenings.filter(({ type }) => type === 'SandboxReady');

  it.each(['v1.29.0', 'v1.34.2', 'v1.35.9'])(
    'of %s says that the time of the sandbox includes the first pull',
    (version) => {
      const seen = new Seen().frame(9, passed).node(10, node({ kubeletVersion: version }));
      const [first, better] = readyOf(seen);
      expect(better).toMatchObject({ supersedes: first?.id, at: first?.at, ordinal: 1, includesFirstImagePull: true });
      expect(better?.cycle).toBe(1);
      expect(seen.watched.pods.get(frameUid)?.cycles[0]?.sandboxIncludesPull).toBe(true);
    },
  );

  it('of 1.36 changes nothing, and a later downgrade does not either', () => {
    const seen = new Seen()
      .frame(9, passed)
      .node(10, node({}))
      .node(11, node({ kubeletVersion: 'v1.35.0' }));
    expect(readyOf(seen)).toHaveLength(1);
  });

  it('that was known before is told at once, once', () => {
    const seen = new Seen().node(0, node({ kubeletVersion: 'v1.33.1' })).frame(9, passed);
    seen.node(12, node({ kubeletVersion: 'v1.33.1', zone: 'z2' }));
    expect(readyOf(seen).map((one) => 'includesFirstImagePull' in one && one.includesFirstImagePull)).toEqual([true]);
    expect(seen.watched.pods.get(frameUid)?.cycles[0]?.sandboxIncludesPull).toBe(true);
  });
});

describe('a namespace', () => {
  const named = (uid: string): Context => ({ ...noContext, namespace: { uid, name: 'n' } });

  it('that is known late is the pod’s, and one that takes its name later is not', () => {
    const seen = new Seen().frame(9, passed);
    expect(seen.account.namespaceUid).toBeNull();
    for (const [seconds, uid] of [
      [10, 'first'],
      [11, 'second'],
    ] as const) {
      seen.watched.context = named(uid);
      const look = { reducer: 1, via: 'watch', resourceVersion: null, receivedAt: at(seconds), writes: [] } as const;
      seen.watched.fold(frameUid, { ...look, type: 'NamespaceObserved', gone: false, parts: {} });
      expect(seen.account.namespaceUid).toBe('first');
    }
  });
});

describe('a boot whose time is known', () => {
  const boot = (when: number) => ({ bootId: 'boot-2', boot: { at: second(when), notBefore: second(when) } });
  const third: Frame = {
    ...again,
    ready: ['True', 53],
    a: { ...ended('a2', [54, 56], 0, 2), lastState: { terminated: end('a1', [24, 26], 0) } },
  };
  const thirdLost: Frame = { ...again, ready: ['False', 50] };

  it('began no pass that had begun before it, however soon it is told', () => {
    const seen = new Seen().node(0, node({})).frame(9, passed).frame(21, lost).frame(27, again);
    seen.node(51, node(boot(49)));
    expect(seen.causes()).toEqual(['first', 'sandboxRecreated']);
    seen.frame(52, thirdLost).frame(57, third);
    expect(seen.causes()).toEqual(['first', 'sandboxRecreated', 'nodeReboot']);
  });

  it('began the pass after it, of a pod too that is seen only later', () => {
    const seen = new Seen()
      .node(0, node(boot(21)))
      .frame(9, passed)
      .frame(21, lost)
      .frame(27, again);
    expect(seen.causes()).toEqual(['first', 'nodeReboot']);
    seen.frame(52, thirdLost).frame(57, third);
    expect(seen.causes()).toEqual(['first', 'nodeReboot', 'sandboxRecreated']);
  });

  it('began no pass that followed another one in it', () => {
    const seen = new Seen().node(0, node({})).frame(9, passed).frame(21, lost).frame(27, again);
    seen
      .frame(52, thirdLost)
      .frame(57, third)
      .node(60, node(boot(21)));
    expect(seen.causes()).toEqual(['first', 'sandboxRecreated', 'sandboxRecreated']);
  });

  it('is told of a pass that was seen before it', () => {
    const seen = new Seen().node(0, node({})).frame(9, passed).frame(21, lost).frame(27, again);
    seen.node(120, node(boot(21)));
    expect(seen.causes()).toEqual(['first', 'nodeReboot']);
  });
});

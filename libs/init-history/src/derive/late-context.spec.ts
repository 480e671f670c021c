/** What is learnt of a pod's context after what it explains: told again at its own position, by what it supersedes. */
import { describe, expect, it } from 'vitest';
import { noContext, type Context, type GapContext, type PodAccount } from '../index.js';
import { end, ended, frameEpoch, frameUid, passed, Scene, second, told, type Frame } from '../testing/index.js';
import { inPlace } from '../testing/scene-frames.js';

const at = (seconds: number): string => new Date(frameEpoch + seconds * 1000 + 500).toISOString();

const accountOf = ({ watched }: Scene): PodAccount => told(watched, watched.context);
const causesOf = (seen: Scene): readonly string[] => accountOf(seen).cycles.map(({ cause }) => cause);

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
  const begunAnew = (): Scene => new Scene().node(0, {}).look(9, passed).look(21, lost).look(27, again);

  it('makes a cycle that began anew a reboot, at its own position, in the place of the first reading', () => {
    const seen = begunAnew();
    const first = seen.happenings.findLast(({ type }) => type === 'InitializationStarted');
    expect(causesOf(seen)).toEqual(['first', 'sandboxRecreated']);
    seen.node(40, { bootId: 'boot-2' });
    expect(causesOf(seen)).toEqual(['first', 'nodeReboot']);
    expect(seen.happenings.at(-1)).toMatchObject({
      type: 'InitializationStarted',
      cause: 'nodeReboot',
      supersedes: first?.id,
      rule: 'cycle-nodeReboot',
    });
    expect(seen.happenings.at(-1)?.evidence.at(-1)).toBe(4);
  });

  it('makes none of a cycle of ten minutes ago: the node booted after it', () => {
    const seen = begunAnew().node(630, { bootId: 'boot-2' });
    expect(causesOf(seen)).toEqual(['first', 'sandboxRecreated']);
  });

  it('makes one of it after all, where the node could not be seen from before the cycle on', () => {
    const seen = begunAnew().node(630, { bootId: 'boot-2' }, [nodesGap(15, 630)]);
    expect(causesOf(seen)).toEqual(['first', 'nodeReboot']);
    expect(seen.happenings.at(-1)?.gap).toBe(0);
  });

  it('makes none of it, where the node was still seen when the cycle began', () => {
    const seen = begunAnew().node(630, { bootId: 'boot-2' }, [nodesGap(100, 630)]);
    expect(causesOf(seen)).toEqual(['first', 'sandboxRecreated']);
  });

  it('makes one of it a minute later, and none after that', () => {
    expect(causesOf(begunAnew().node(87, { bootId: 'boot-2' }))).toEqual(['first', 'nodeReboot']);
    expect(causesOf(begunAnew().node(88, { bootId: 'boot-2' }))).toEqual(['first', 'sandboxRecreated']);
  });

  it('makes none where the node goes', () => {
    const seen = begunAnew();
    seen.watched.context = { ...seen.watched.context, node: null };
    const look = { reducer: 1, via: 'watch', resourceVersion: null, receivedAt: at(30), writes: [] } as const;
    seen.watched.fold(frameUid, { ...look, type: 'NodeObserved', gone: true, parts: {} });
    expect(causesOf(seen)).toEqual(['first', 'sandboxRecreated']);
  });

  it('makes none where it becomes unknown', () => {
    expect(causesOf(begunAnew().node(40, { bootId: null }))).toEqual(['first', 'sandboxRecreated']);
  });

  it('makes one of a pass that began nobody knew by what, and none of one that restarted in place', () => {
    const rerun = { ...again, ready: ['True', 2] } as const;
    const unknown = new Scene().node(0, {}).look(9, passed).look(27, rerun);
    expect(causesOf(unknown)).toEqual(['first', 'unknown']);
    expect(causesOf(unknown.node(40, { bootId: 'boot-2' }))).toEqual(['first', 'nodeReboot']);
    const restarted = new Scene()
      .node(0, {})
      .look(9, { ...passed, ...inPlace('False', 1) })
      .look(27, { ...rerun, ...inPlace('True', 23) });
    expect(causesOf(restarted)).toEqual(['first', 'restartAllContainers']);
    expect(causesOf(restarted.node(40, { bootId: 'boot-2' }))).toEqual(['first', 'restartAllContainers']);
  });

  it('is held against the boot that became known while the cycle before it ran', () => {
    const seen = new Scene().look(9, passed).node(10, {}).node(19, { bootId: 'boot-2' }).look(21, lost).look(27, again);
    expect(causesOf(seen)).toEqual(['first', 'nodeReboot']);
  });

  it('says nothing where no boot was known before', () => {
    expect(causesOf(new Scene().look(9, passed).look(21, lost).look(27, again).node(40, {}))).toEqual([
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
    const seen = new Scene()
      .node(0, {})
      .look(6, cut)
      .look(21, { ...cut, ready: ['False', 20] })
      .look(27, anew);
    const before = seen.happenings.filter(({ type }) => type === 'InitializationAborted');
    seen.node(40, { bootId: 'boot-2' });
    const aborted = seen.happenings.filter(({ type }) => type === 'InitializationAborted');
    expect(aborted.map((one) => 'reason' in one && one.reason)).toEqual(['sandboxRecreated', 'nodeReboot']);
    expect(aborted[1]?.supersedes).toBe(before[0]?.id);
    expect(aborted[1]?.at).toBe(aborted[0]?.at);
    expect(accountOf(seen).cycles.map(({ outcome }) => outcome)).toEqual(['aborted', 'running']);
  });
});

describe('a boot id that is known after a look that proved two passes', () => {
  it('says nothing of the end of the pass that was begun and over between two looks', () => {
    const twice: Frame = {
      ...again,
      ready: ['True', 43],
      a: { ...ended('a2', [44, 46], 0, 2), lastState: { terminated: end('a1', [24, 26], 0) } },
    };
    const seen = new Scene().node(0, {}).look(9, passed).look(21, lost).look(47, twice);
    expect(accountOf(seen).cycles.map(({ outcome }) => outcome)).toEqual(['completed', 'unknown', 'running']);
    seen.node(50, { bootId: 'boot-2' });
    expect(causesOf(seen)).toEqual(['first', 'sandboxRecreated', 'nodeReboot']);
    expect(seen.happenings.filter(({ type }) => type === 'InitializationAborted')).toHaveLength(1);
  });
});

describe('a kubelet version that is known late', () => {
  const readyOf = (seen: Scene) => seen.happenings.filter(({ type }) => type === 'SandboxReady');

  it.each(['v1.29.0', 'v1.34.2', 'v1.35.9'])(
    'of %s says that the time of the sandbox includes the first pull',
    (version) => {
      const seen = new Scene().look(9, passed).node(10, { kubeletVersion: version });
      const [first, better] = readyOf(seen);
      expect(better).toMatchObject({ supersedes: first?.id, at: first?.at, ordinal: 1, includesFirstImagePull: true });
      expect(better?.cycle).toBe(1);
      expect(seen.watched.pods.get(frameUid)?.cycles[0]?.sandboxIncludesPull).toBe(true);
    },
  );

  it('of 1.36 changes nothing, and a later downgrade does not either', () => {
    const seen = new Scene().look(9, passed).node(10, {}).node(11, { kubeletVersion: 'v1.35.0' });
    expect(readyOf(seen)).toHaveLength(1);
  });

  it('that was known before is told at once, once', () => {
    const seen = new Scene().node(0, { kubeletVersion: 'v1.33.1' }).look(9, passed);
    seen.node(12, { kubeletVersion: 'v1.33.1', zone: 'z2' });
    expect(readyOf(seen).map((one) => 'includesFirstImagePull' in one && one.includesFirstImagePull)).toEqual([true]);
    expect(seen.watched.pods.get(frameUid)?.cycles[0]?.sandboxIncludesPull).toBe(true);
  });
});

describe('a namespace', () => {
  const named = (uid: string): Context => ({ ...noContext, namespace: { uid, name: 'n' } });

  it('that is known late is the pod’s, and one that takes its name later is not', () => {
    const seen = new Scene().look(9, passed);
    expect(accountOf(seen).namespaceUid).toBeNull();
    for (const [seconds, uid] of [
      [10, 'first'],
      [11, 'second'],
    ] as const) {
      seen.watched.context = named(uid);
      const look = { reducer: 1, via: 'watch', resourceVersion: null, receivedAt: at(seconds), writes: [] } as const;
      seen.watched.fold(frameUid, { ...look, type: 'NamespaceObserved', gone: false, parts: {} });
      expect(accountOf(seen).namespaceUid).toBe('first');
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
    const seen = new Scene().node(0, {}).look(9, passed).look(21, lost).look(27, again);
    seen.node(51, boot(49));
    expect(causesOf(seen)).toEqual(['first', 'sandboxRecreated']);
    seen.look(52, thirdLost).look(57, third);
    expect(causesOf(seen)).toEqual(['first', 'sandboxRecreated', 'nodeReboot']);
  });

  it('began the pass after it, of a pod too that is seen only later', () => {
    const seen = new Scene().node(0, boot(21)).look(9, passed).look(21, lost).look(27, again);
    expect(causesOf(seen)).toEqual(['first', 'nodeReboot']);
    seen.look(52, thirdLost).look(57, third);
    expect(causesOf(seen)).toEqual(['first', 'nodeReboot', 'sandboxRecreated']);
  });

  it('began no pass that followed another one in it', () => {
    const seen = new Scene().node(0, {}).look(9, passed).look(21, lost).look(27, again);
    seen.look(52, thirdLost).look(57, third).node(60, boot(21));
    expect(causesOf(seen)).toEqual(['first', 'sandboxRecreated', 'sandboxRecreated']);
  });

  it('is told of a pass that was seen before it', () => {
    const seen = new Scene().node(0, {}).look(9, passed).look(21, lost).look(27, again);
    seen.node(120, boot(21));
    expect(causesOf(seen)).toEqual(['first', 'nodeReboot']);
  });
});

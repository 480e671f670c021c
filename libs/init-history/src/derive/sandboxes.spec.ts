/** The signals of a sandbox that is made again, row by row of semantics 2.4: what each proves, and what it does not. */
import { describe, expect, it } from 'vitest';
import { noContext, type Context } from '../index.js';
import {
  cyclesOf,
  end,
  ended,
  exitsOf,
  frame,
  frameUid,
  lastOf,
  passed,
  running,
  second,
  told,
  toldOf,
  typesOf,
  waiting,
  watched,
  Watched,
  type Frame,
} from '../testing/index.js';
import { again, begun, lost, rerun } from '../testing/scene-frames.js';

const died = { app: ended('app0', [9, 98], 137) };

const suspicions = (frames: readonly Frame[]): number =>
  typesOf(watched(frames)).filter((type) => type === 'ReinitializationSuspected').length;

describe('a sandbox that went', () => {
  it('is a suspicion, and no cycle, until a container proves that it ran again', () => {
    const all = watched([begun, passed, lost, again]);
    expect(cyclesOf(told(all))).toEqual(['first completed']);
    expect(lastOf(all, 'ReinitializationSuspected')).toMatchObject({
      at: second(98),
      cycle: 1,
      suspects: 2,
      basis: 'inferred',
      rule: 'sandbox-lost',
      supersedes: null,
    });
    expect(told(all)).toMatchObject({ state: 'initialized', findings: [{ kind: 'reinitializationSuspected' }] });
  });

  it('is confirmed by the better reading, which supersedes the suspicion', () => {
    const all = watched([begun, passed, lost, again, rerun]);
    expect(cyclesOf(told(all))).toEqual(['first completed', 'sandboxRecreated running']);
    expect(lastOf(all, 'InitializationStarted')?.supersedes).toBe(lastOf(all, 'ReinitializationSuspected')?.id);
    expect(told(all).findings).toEqual([]);
  });

  it('is suspected once, however often it is looked at, and again when the next one goes', () => {
    expect(suspicions([begun, passed, lost, { ...lost, ...died }, again])).toBe(1);
    expect(suspicions([begun, passed, lost, again, { ...again, ready: ['False', 110] }])).toBe(2);
  });

  it('is not suspected where the same look proves the cycle', () => {
    expect(suspicions([begun, passed, rerun])).toBe(0);
  });

  it.each<[string, Frame]>([
    ['nothing had run in it', { ready: ['False', 4] }],
    ['the pod is being deleted', { ...lost, metadata: { deletionTimestamp: second(99) } }],
    ['the pod has failed', { ...lost, ...died, status: { phase: 'Failed' } }],
    ['the pod has succeeded', { ...lost, app: ended('app0', [9, 98]), status: { phase: 'Succeeded' } }],
    ['its policy is Never', { ...lost, spec: { restartPolicy: 'Never' } }],
    [
      'its policy is OnFailure and its app has done its work',
      { ...lost, spec: { restartPolicy: 'OnFailure' }, app: ended('app0', [9, 98]) },
    ],
  ])('is not suspected to be followed by another cycle where %s', (_, frameOfLoss) => {
    const before = frameOfLoss.a
      ? [begun, { ...passed, ...(frameOfLoss.spec ? { spec: frameOfLoss.spec } : {}) }]
      : [{}];
    expect(suspicions([...before, frameOfLoss])).toBe(0);
  });

  it('under OnFailure is suspected where no app container has a status', () => {
    const spec = { restartPolicy: 'OnFailure' };
    const status = { containerStatuses: [] };
    expect(
      suspicions([
        { ...begun, spec, status },
        { ...begun, spec, status, ready: ['False', 50] },
      ]),
    ).toBe(1);
  });

  it('under OnFailure is suspected while the app is to be started again', () => {
    const spec = { restartPolicy: 'OnFailure' };
    expect(
      suspicions([
        { ...begun, spec },
        { ...passed, spec },
        { ...lost, ...died, spec },
      ]),
    ).toBe(1);
  });
});

describe('whether something had run in a sandbox that went', () => {
  const made = (reason: string) => ({ terminated: { exitCode: 137, reason, startedAt: null, finishedAt: null } });
  const unknown = waiting('PodInitializing', { restartCount: 1, lastState: made('ContainerStatusUnknown') });
  const removed = waiting('PodInitializing', { restartCount: 1, lastState: made('RestartingAllContainers') });

  it.each<[string, readonly Frame[], boolean]>([
    ['is told by an instance that was known', [begun, { ready: ['True', 50] }], true],
    ['is told by one that the look first shows', [{}, { a: running('a0', 3), ready: ['False', 50] }], true],
    ['is not told by one that may be of the next', [{}, { a: running('a1', 51), ready: ['True', 50] }], false],
    ['is told by an app container', [{ app: running('app0', 9) }, { app: waiting('x'), ready: ['False', 50] }], true],
    ['is told by what the kubelet lost with it', [{}, { a: unknown, ready: ['True', 50] }], true],
    ['is not told by what it had lost before', [{ a: unknown }, { a: unknown, ready: ['True', 50] }], false],
    ['is not told by what was removed to be restarted', [{}, { a: removed, ready: ['True', 50] }], false],
    ['is not told by anything else', [{}, { ready: ['False', 50] }], false],
  ])('%s', (_, frames, hadRun) => {
    expect(lastOf(watched(frames), 'SandboxLost')).toMatchObject({ hadRun });
  });

  it('is of no sandbox that was never seen', () => {
    expect(typesOf(watched([{ ...begun, ready: ['True', 2] }]))).not.toContain('SandboxLost');
    expect(typesOf(watched([{ ready: ['False', 2] }]))).not.toContain('SandboxLost');
  });
});

describe('how strong a suspicion is', () => {
  const confidenceOf = (all: Watched) => told(all).findings.map(({ confidence }) => confidence);
  const at = (podIP: string, of: Frame): Frame => ({ ...of, status: { ...of.status, podIP } });

  it('is weak by the condition alone', () => {
    expect(confidenceOf(watched([begun, passed, lost]))).toEqual(['weak']);
  });

  it('is strong when the new sandbox has another address; with hostNetwork it keeps the node’s', () => {
    const frames = [at('10.0.0.1', begun), at('10.0.0.1', passed), at('10.0.0.1', lost)];
    expect(confidenceOf(watched([...frames, at('10.0.0.2', again)]))).toEqual(['strong']);
    expect(confidenceOf(watched([...frames, at('10.0.0.1', again)]))).toEqual(['weak']);
  });

  it('is strong when the Event SandboxChanged came, too; that Event alone is no suspicion', () => {
    const sandboxChanged = {
      uid: 'e',
      name: 'e',
      namespace: 'n',
      involvedObject: { uid: frameUid },
      reason: 'SandboxChanged',
      type: 'Normal',
      message: 'Pod sandbox changed, it will be killed and re-created.',
      count: 1,
      lastTimestamp: second(99),
    };
    const withLoss = watched([begun, passed, lost]);
    withLoss.event(frameUid, sandboxChanged, second(99));
    expect(confidenceOf(withLoss)).toEqual(['strong']);
    const without = watched([begun, passed]);
    without.event(frameUid, sandboxChanged, second(99));
    expect(told(without).findings).toEqual([]);
  });
});

describe('what does not begin a cycle, whatever it looks like', () => {
  it.each<[string, Frame]>([
    ['Initialized that goes False (up to 1.27; unproven)', { ...passed, initialized: ['False', 50] }],
    ['phase that goes back to Pending (1.32 and later)', { ...passed, status: { phase: 'Pending' } }],
    ['a restartCount that rises by itself', { ...passed, a: ended('a0', [3, 5], 0, 4) }],
    ['a restartCount that falls by itself', { ...passed, b: { ...ended('b0', [6, 8]), restartCount: 0 } }],
    ['another podIP', { ...passed, status: { phase: 'Running', podIP: '10.9.9.9' } }],
    [
      'a lastState that comes late',
      { ...passed, b: { ...ended('b0', [6, 8]), lastState: { terminated: end('b0', [6, 8]) } } },
    ],
  ])('%s', (_, shown) => {
    expect(cyclesOf(toldOf(begun, passed, shown))).toEqual(['first completed']);
  });
});

describe('init containers of a second cycle', () => {
  it('whose turn has not come show their old success, which is none of this cycle', () => {
    const of = toldOf(begun, passed, lost, rerun);
    expect(of.cycles[1]?.initContainers.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'a running',
      'b notReached',
    ]);
  });

  it('whose restartCount stayed (1.36: raised only if running was seen) are attempts all the same, and none is missed', () => {
    const of = toldOf(begun, passed, lost, {
      ...again,
      a: ended('a1', [101, 102], 0, 1),
      b: { ...ended('b1', [103, 104], 0, 0), lastState: { terminated: end('b0', [6, 8]) } },
    });
    expect(exitsOf(of, 'b')).toEqual(['1: 0', '2: 0']);
    expect(of.cycles[1]?.initContainers[1]?.missedAttempts).toBe(0);
  });

  it('that were hidden while they ran (OnFailure) are told by their ends, seconds late', () => {
    const spec = { restartPolicy: 'OnFailure' };
    const hidden = {
      ...again,
      spec,
      a: { ...ended('a1', [101, 103], 0, 1), lastState: { terminated: end('a0', [3, 5]) } },
    };
    const of = toldOf({ ...begun, spec }, { ...passed, spec }, { ...lost, spec }, hidden);
    expect(cyclesOf(of)).toEqual(['first completed', 'sandboxRecreated running']);
    expect(of.cycles[1]?.initContainers[0]?.attempts).toMatchObject([{ containerId: 'a1', basis: 'reconstructed' }]);
  });

  it('that ran when the sandbox died have no end that anybody tells', () => {
    const gone = waiting('PodInitializing', {
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null } },
    });
    const of = toldOf(
      begun,
      { ready: ['False', 8], a: running('a0', 3) },
      { ready: ['True', 10], a: gone },
      {
        ready: ['True', 10],
        a: { ...gone, ...running('a1', 11, 1) },
      },
    );
    expect(exitsOf(of, 'a')).toEqual(['1: unknown', '2: running']);
    expect(cyclesOf(of)).toEqual(['first aborted', 'sandboxRecreated running']);
    expect(
      of.cycles.flatMap(({ initContainers }) => initContainers.map(({ missedAttempts }) => missedAttempts)),
    ).toEqual([0, 0, 0, 0]);
  });

  it('whose count fell back to 0 (up to 1.35) are told with the reset', () => {
    const all = watched([
      { a: ended('a0', [3, 5], 1), b: waiting('PodInitializing') },
      { a: { ...ended('a1', [6, 7], 0, 1), lastState: { terminated: end('a0', [3, 5], 1) } }, b: running('b0', 8) },
      { ...passed, a: ended('a1', [6, 7], 0, 1) },
      { ...rerun, a: running('a2', 101, 0) },
    ]);
    expect(lastOf(all, 'RestartCounterReset')).toMatchObject({ container: 'a', from: 1, to: 0 });
    expect(exitsOf(told(all), 'a')).toEqual(['1: 1', '1: 0', '2: running']);
  });
});

describe('a sandbox that is lost in its turn before its first instance is shown', () => {
  // as met on 1.36.3 (a failing init container, the node rebooted): the look that proves a pass shows the next loss, too
  const first: Frame = { a: ended('a0', [3, 4], 1) };
  const replaced: readonly Frame[] = [
    first,
    { ...first, ready: ['False', 6] },
    { ...first, ready: ['True', 8] },
    { a: ended('a1', [9, 10], 1, 1), ready: ['False', 13] },
  ];
  const after = { ready: ['True', 21] } as const;

  it('is the beginning of yet another pass, once an instance proves it', () => {
    const [told1, told2] = [
      toldOf(...replaced, { a: ended('a1', [9, 10], 1, 1), ...after }),
      toldOf(...replaced, { a: ended('a1', [9, 10], 1, 1), ...after }, { a: ended('a2', [23, 24], 1, 2), ...after }),
    ];
    expect(cyclesOf(told1)).toEqual(['first aborted', 'sandboxRecreated running']);
    expect(suspicions(replaced)).toBe(2);
    expect(cyclesOf(told2)).toEqual(['first aborted', 'sandboxRecreated aborted', 'sandboxRecreated running']);
    expect(told2.cycles.map(({ startedAt }) => startedAt)).toEqual([second(1), second(6), second(13)]);
    expect(told2.cycles.map(({ initContainers }) => initContainers[0]?.attempts.length)).toEqual([1, 1, 1]);
  });

  it('is the beginning of the same pass where its first instance came after both', () => {
    const both: Frame = { ...first, ready: ['False', 13] };
    const frames = [
      ...replaced.slice(0, 3),
      both,
      { ...first, ...after },
      { a: ended('a1', [23, 24], 1, 1), ...after },
    ];
    const retried = { a: ended('a2', [30, 31], 1, 2), ...after };
    expect(cyclesOf(toldOf(...frames, retried))).toEqual(['first aborted', 'sandboxRecreated running']);
  });

  it('is no suspicion of another pass where the same look shows an instance of the sandbox after it', () => {
    const both = { ...running('a2', 14, 2), lastState: { terminated: end('a1', [5, 6], 1) } };
    const frames = [...replaced.slice(0, 3), { a: both, ready: ['False', 13] as const }];
    expect(cyclesOf(toldOf(...frames))).toEqual(['first aborted', 'sandboxRecreated running']);
    expect(suspicions(frames)).toBe(1);
  });
});

/** Where nobody looked while the first sandbox lived: what the present one's time says of what is shown. */
describe('a second sandbox that is the first one seen', () => {
  const unknownEnd = { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null };
  const idle: Frame = { ready: ['False', 1] };
  const lostSidecar = waiting('PodInitializing', { restartCount: 1, lastState: { terminated: unknownEnd } });
  const empty: Frame = { ...again, sidecar: true, a: lostSidecar };
  const kubelet = (minor: number): Context => {
    const node = { name: 'node-a', uid: 'n', bootId: null, zone: null, ready: null };
    return { ...noContext, node: { ...node, kubeletVersion: `v1.${minor}.3` } };
  };

  it.each([
    ['at the first look', []],
    ['after the node’s acceptance', [idle]],
  ])('in which nothing has run yet is a suspicion, %s', (_, seen) => {
    const all = watched([...seen, empty]);
    expect(lastOf(all, 'SandboxLost')).toMatchObject({ at: null, basis: 'inferred', rule: 'ran-before-ready' });
    expect(lastOf(all, 'ReinitializationSuspected')).toMatchObject({ suspects: 2, at: second(100) });
    expect(cyclesOf(told(all))).toEqual(['first completed']);
  });

  it('begins a second cycle with the sidecar that began in it', () => {
    const later: Frame = { ...empty, a: running('a1', 101, 1), b: ended('b1', [103, 104], 0, 1) };
    const sidecarRuns: Frame = { ...empty, a: { ...lostSidecar, ...running('a1', 101, 1) } };
    for (const frames of [[sidecarRuns], [empty, sidecarRuns], [empty, later]]) {
      const account = told(watched(frames));
      expect(account.cycles.map(({ cause }) => cause)).toEqual(['first', 'sandboxRecreated']);
      expect(exitsOf(account, 'a')).toEqual(['2: running']);
    }
  });

  it('is not taken for one where the condition was only written with the first container, as up to 1.35', () => {
    const late: Frame = { a: ended('a0', [3, 4]), ready: ['True', 5] };
    for (const context of [noContext, kubelet(33)]) {
      const all = watched([late, { ...late, b: running('b0', 5) }], context);
      expect(typesOf(all)).not.toContain('SandboxLost');
      expect(cyclesOf(told(all, context))).toEqual(['first running']);
    }
    expect(typesOf(watched([late], kubelet(36)))).toContain('SandboxLost');
  });

  it('is none of a pod without init containers, whose app containers begin before that write', () => {
    const spec = { initContainers: [] };
    const status = { initContainerStatuses: [] };
    const all = watched([{ spec, status, app: running('app0', 3), ready: ['True', 5] }], kubelet(33));
    expect(typesOf(all)).not.toContain('SandboxLost');
  });

  it('is told though the condition turned True and back within the second of its stamp', () => {
    const gone: Frame = { a: running('a0', 1), ready: ['False', 1] };
    const shown = { ...running('a1', 3, 1), lastState: { terminated: unknownEnd } };
    const account = told(watched([idle, gone, { a: shown, ready: ['True', 2] }]));
    expect(cyclesOf(account)).toEqual(['first aborted', 'sandboxRecreated running']);
    expect(exitsOf(account, 'a')).toEqual(['1: unknown', '2: running']);
    expect(
      typesOf(watched([idle, gone, { ...gone, app: waiting('Other') }])).filter((one) => one === 'SandboxLost'),
    ).toHaveLength(1);
  });

  it('leaves an instance of the first pass in it, where the pod is found when all began again', () => {
    const account = toldOf({ pod: frame(rerun), receivedAt: second(102) });
    expect(cyclesOf(account)).toEqual(['first completed', 'sandboxRecreated running']);
    expect([exitsOf(account, 'a'), exitsOf(account, 'b')]).toEqual([['2: running'], ['1: 0']]);
  });

  it('leaves one of a later pass in a cycle whose cause and beginning nobody saw', () => {
    const third = { ...rerun, b: ended('b5', [60, 62]), app: ended('app5', [63, 98], 137) };
    const account = toldOf({ pod: frame(third), receivedAt: second(102) });
    expect(cyclesOf(account)).toEqual(['unknown unknown', 'sandboxRecreated running']);
    expect(exitsOf(account, 'b')).toEqual(['1: 0']);
  });

  it('begins its cycle with itself, though the instance that proves it began later', () => {
    const quiet: Frame = { ready: ['True', 2] };
    const tries = { ...ended('a2', [114, 115], 0, 2), lastState: { terminated: end('a1', [101, 104], 1) } };
    const proof = { ...running('b1', 116, 1), lastState: { terminated: end('b0', [6, 8]) } };
    const account = toldOf(quiet, { ...again, a: tries, b: proof });
    expect(account.cycles[1]).toMatchObject({ cause: 'sandboxRecreated', startedAt: second(100) });
    expect([exitsOf(account, 'a'), exitsOf(account, 'b')]).toEqual([
      ['2: 1', '2: 0'],
      ['1: 0', '2: running'],
    ]);
  });

  it('is told alone where nothing of what came before is shown', () => {
    const account = toldOf({ pod: frame({ ...rerun, b: waiting('PodInitializing') }), receivedAt: second(102) });
    expect(cyclesOf(account)).toEqual(['unknown running']);
  });
});

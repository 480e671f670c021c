/** Sidecars, container-level restart policies, and what a changed spec does to what runs (semantics 2.1, 2.6, 2.7). */
import { describe, expect, it } from 'vitest';
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
  type Frame,
} from '../testing/index.js';

type Bag = Record<string, unknown>;

const sidecar = true;

describe('a sidecar', () => {
  it('that has started is done, and the next one may begin', () => {
    const all = watched([{ sidecar, a: running('a0', 3) }]);
    expect(lastOf(all, 'SidecarStarted')).toMatchObject({
      containerId: 'a0',
      at: second(3),
      basis: 'observed',
      rule: null,
    });
    expect(told(all).cycles[0]?.initContainers[0]).toMatchObject({ state: 'running', done: true });
  });

  it('that is still shown to run in the sandbox that went had started in its own pass', () => {
    const spec = { initContainers: [{ name: 'a' }, { name: 'b', restartPolicy: 'Always' }] };
    const again = { spec, ready: ['True', 100] as const, a: running('a1', 101, 1), b: running('b0', 6) };
    const all = watched([{ ...passed, ...again }]);
    expect(told(all).cycles.map(({ cause }) => cause)).toEqual(['first', 'sandboxRecreated']);
    expect(lastOf(all, 'SidecarStarted')).toMatchObject({ containerId: 'b0', cycle: 1 });
  });

  it('with a startup probe had started by the write that says so, and not before it began', () => {
    const spec = { initContainers: [{ name: 'a', restartPolicy: 'Always', startupProbe: {} }, { name: 'b' }] };
    const starting = { ...running('a0', 3), started: false };
    const all = watched([
      { spec, a: starting },
      { spec, a: running('a0', 3) },
    ]);
    expect(lastOf(all, 'SidecarStarted')).toMatchObject({
      basis: 'inferred',
      rule: 'started-by-this-write',
      notBefore: second(3),
    });
  });

  it('after which none has begun is not told to have started, where it is the only one that has an instance', () => {
    const spec = { initContainers: [{ name: 'b' }, { name: 'a', restartPolicy: 'Always', startupProbe: {} }] };
    const done = { exitCode: 0, reason: 'Completed', startedAt: null, finishedAt: null };
    const b = { restartCount: 0, state: { terminated: done } };
    expect(typesOf(watched([{ spec, b, a: { ...running('a0', 4), started: false } }]))).not.toContain('SidecarStarted');
  });

  it('after which none has begun is not told to have started, whatever began before it', () => {
    const spec = { initContainers: [{ name: 'b' }, { name: 'a', restartPolicy: 'Always', startupProbe: {} }] };
    const all = watched([{ spec, b: ended('b0', [2, 3]), a: { ...running('a0', 4), started: false } }]);
    expect(typesOf(all)).not.toContain('SidecarStarted');
  });

  it('that was not seen to start had, where the one after it has begun: by then, and inferred', () => {
    const late = { ...ended('a0', [3, 20], 1), started: false };
    const all = watched([{ sidecar, a: late, b: running('b0', 9) }]);
    expect(lastOf(all, 'SidecarStarted')).toMatchObject({
      containerId: 'a0',
      at: second(9),
      notBefore: second(3),
      basis: 'inferred',
      rule: 'next-began',
    });
    expect(told(all)).toMatchObject({
      state: 'initializing',
      category: null,
      cycles: [{ initContainers: [{ done: true }, {}] }],
    });
  });

  it('that began only after the next one is no proof that it had started', () => {
    const again = { ...running('a1', 15, 1), started: false };
    expect(typesOf(watched([{ sidecar, a: again, b: running('b0', 9) }]))).not.toContain('SidecarStarted');
  });

  it('that fails to start is retried, and its pod never fails by it', () => {
    const retried = { ...running('a1', 6, 1), started: false, lastState: { terminated: end('a0', [3, 5], 1) } };
    const spec = { initContainers: [{ name: 'a', restartPolicy: 'Always', startupProbe: {} }, { name: 'b' }] };
    const of = toldOf({ spec, a: { ...running('a0', 3), started: false } }, { spec, a: retried });
    expect(of).toMatchObject({ state: 'initializing', category: 'CRASH' });
    expect(exitsOf(of, 'a')).toEqual(['1: 1', '1: running']);
  });

  it('that ended with 0 before it had started is waited for, though STATUS counts it as done', () => {
    const of = toldOf({ sidecar, a: { ...ended('a0', [3, 5]), started: false } });
    expect(of).toMatchObject({
      category: 'SIDECAR_NOT_STARTED',
      status: 'Init:1/2',
      findings: [{ kind: 'sidecarEndedBeforeStart' }],
    });
  });

  it('that dies during initialization is an attempt, and holds up nothing that has begun', () => {
    const dead = { ...running('a1', 12, 1), lastState: { terminated: end('a0', [3, 11], 1) } };
    const of = toldOf(
      { sidecar, a: running('a0', 3) },
      { sidecar, a: running('a0', 3), b: running('b0', 4) },
      { sidecar, a: dead, b: running('b0', 4) },
    );
    expect(exitsOf(of, 'a')).toEqual(['1: 1', '1: running']);
    expect(of).toMatchObject({ state: 'initializing', category: null });
  });
});

describe('a container-level policy', () => {
  const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42, 43] } }];
  const initContainers = [{ name: 'a', restartPolicy: 'Never', restartPolicyRules: rules }, { name: 'b' }];

  it('is declared with its rules', () => {
    const all = watched([{ spec: { initContainers, restartPolicy: 'Never' } }]);
    expect(lastOf(all, 'PodFirstObserved')).toMatchObject({
      initContainers: [
        {
          name: 'a',
          kind: 'regular',
          restartPolicy: 'Never',
          restartRules: [{ action: 'Restart', operator: 'In', exitCodes: [42, 43] }],
        },
        { name: 'b', kind: 'regular', restartPolicy: null, restartRules: [] },
      ],
    });
  });

  it('restarts a container under Never: restartCount above 0 is legal, and the pod goes on', () => {
    const spec = { initContainers, restartPolicy: 'Never' };
    const retried = { ...running('a1', 6, 1), lastState: { terminated: end('a0', [3, 5], 42) } };
    expect(
      exitsOf(toldOf({ spec, a: running('a0', 3) }, { spec, a: ended('a0', [3, 5], 42) }, { spec, a: retried }), 'a'),
    ).toEqual(['1: 42', '1: running']);
  });

  it('Never fails a pod whose own policy is Always', () => {
    const of = toldOf({ spec: { initContainers }, a: ended('a0', [3, 5], 1), status: { phase: 'Failed' } });
    expect(of).toMatchObject({ state: 'failed', category: 'CRASH' });
  });
});

describe('all containers that were restarted in place', () => {
  const removed = { lastState: { terminated: { exitCode: 137, reason: 'RestartingAllContainers' } } };
  const conditions = [{ type: 'AllContainersRestarting', status: 'False', lastTransitionTime: second(40) }];

  it('are told when the pod is found only after it: what went before was not seen', () => {
    const late = { a: { ...running('a1', 41, 1), ...removed }, conditions };
    const of = toldOf(late);
    expect(cyclesOf(of)).toEqual(['first unknown', 'restartAllContainers running']);
    expect(of.cycles[1]?.startedAt).toBe(second(40));
  });
});

describe('a changed image', () => {
  const image = (of: string): Bag => ({ initContainers: [{ name: 'a', image: of, ...always }, { name: 'b' }] });
  const always = { restartPolicy: 'Always' };
  const runs = { ...running('a0', 3), image: 'proxy:1' };
  const next = { ...running('a1', 12, 1), image: 'proxy:2', lastState: { terminated: end('a0', [3, 11], 137) } };

  it('replaces a running sidecar: no crash, and no cycle', () => {
    const all = watched([
      { spec: image('proxy:1'), a: runs },
      { spec: image('proxy:2'), a: runs, metadata: { generation: 2 } },
      { spec: image('proxy:2'), a: next, metadata: { generation: 2 } },
    ]);
    expect(lastOf(all, 'InitContainerSpecChanged')).toMatchObject({
      field: 'image',
      from: 'proxy:1',
      to: 'proxy:2',
      generation: 2,
    });
    expect(lastOf(all, 'SidecarReplaced')).toMatchObject({
      replaces: 'a0',
      containerId: 'a1',
      from: 'proxy:1',
      to: 'proxy:2',
      at: second(12),
      evidence: [1, 2],
    });
    expect(cyclesOf(told(all))).toEqual(['first running']);
    const source = 'spec.initContainers[a].image';
    expect(lastOf(all, 'InitContainerFinished')).toMatchObject({ category: 'IMAGE_CHANGED', categorySource: source });
    expect(told(all).cycles[0]?.initContainers[0]?.attempts[0]).toMatchObject({
      exitCode: 137,
      category: 'IMAGE_CHANGED',
      categoryEvidence: { source, reason: 'another image while it ran', position: 2, basis: 'observed' },
    });
  });

  it('replaces it once: what crashes later does so by itself', () => {
    const crashed = { ...running('a2', 30, 2), image: 'proxy:2', lastState: { terminated: end('a1', [12, 29], 1) } };
    const after = ['proxy:2', 'proxy:2', 'proxy:2'].map(image);
    const shown = [runs, next, crashed];
    const all = watched([
      { spec: image('proxy:1'), a: runs },
      ...after.map((spec, i): Frame => ({ spec, ...(shown[i] ? { a: shown[i] } : {}) })),
    ]);
    expect(typesOf(all).filter((type) => type === 'SidecarReplaced')).toHaveLength(1);
    expect(exitsOf(told(all), 'a')).toEqual(['1: 137', '1: 1', '1: running']);
    const attempts = told(all).cycles[0]?.initContainers[0]?.attempts;
    expect(attempts?.map(({ category }) => category)).toEqual(['IMAGE_CHANGED', 'CRASH', null]);
  });

  it('replaces none that crashed by itself before it', () => {
    const all = watched([
      { spec: image('proxy:1'), a: runs },
      { spec: image('proxy:1'), a: ended('a0', [3, 11], 1) },
      { spec: image('proxy:2'), a: ended('a0', [3, 11], 1) },
      { spec: image('proxy:2'), a: next },
    ]);
    expect(typesOf(all)).not.toContain('SidecarReplaced');
  });

  it('is taken up by a failing regular init container with its next try; a running one keeps its own', () => {
    const regular = (of: string): Bag => ({ initContainers: [{ name: 'a', image: of }, { name: 'b' }] });
    const first = { ...ended('a0', [3, 5], 1), image: 'work:1' };
    const all = watched([
      { spec: regular('work:1'), a: first },
      { spec: regular('work:2'), a: first },
      {
        spec: regular('work:2'),
        a: { ...running('a1', 9, 1), image: 'work:2', lastState: { terminated: end('a0', [3, 5], 1) } },
      },
    ]);
    const images = all.pods.get(frameUid)?.containers['a']?.attempts.map((attempt) => attempt.image);
    expect(images).toEqual(['work:1', 'work:2']);
    expect(typesOf(all)).not.toContain('SidecarReplaced');
  });
});

describe('a resize in place', () => {
  const spec = (cpu: string): Bag => ({
    initContainers: [{ name: 'a', resources: { requests: { cpu, memory: '20Mi' } } }, { name: 'b' }],
  });
  const runs = (cpu: string): Bag => ({ ...running('a0', 3), resources: { requests: { memory: '20Mi', cpu } } });

  it('is asked for in the spec and given by the node, and begins nothing', () => {
    const all = watched([
      { spec: spec('10m'), a: runs('10m') },
      { spec: spec('20m'), a: runs('10m') },
      { spec: spec('20m'), a: runs('20m') },
    ]);
    const [from, to] = ['requests cpu=10m memory=20Mi', 'requests cpu=20m memory=20Mi'];
    expect(lastOf(all, 'InitContainerSpecChanged')).toMatchObject({ field: 'resources', from, to });
    expect(lastOf(all, 'InitContainerResized')).toMatchObject({ containerId: 'a0', from, to });
    expect(exitsOf(told(all), 'a')).toEqual(['1: running']);
  });

  it('is none of another instance, nor of one whose resources were never shown', () => {
    const other = {
      ...running('a1', 9, 1),
      resources: { requests: { cpu: '20m' } },
      lastState: { terminated: end('a0', [3, 5], 1) },
    };
    expect(typesOf(watched([{ a: runs('10m') }, { a: other }]))).not.toContain('InitContainerResized');
    expect(typesOf(watched([{ a: running('a0', 3) }, { a: runs('10m') }]))).not.toContain('InitContainerResized');
  });
});

it('an ephemeral container is none of the init containers, and no app container either', () => {
  const raw = frame({
    ...passed,
    app: waiting('PodInitializing'),
    a: running('a0', 3),
    b: waiting('PodInitializing'),
    initialized: ['False', 1],
  }) as Record<'spec' | 'status', Bag>;
  raw.spec['ephemeralContainers'] = [{ name: 'debugger' }];
  raw.status['ephemeralContainerStatuses'] = [{ name: 'debugger', ...running('d0', 4) }];
  const all = watched([{ pod: raw, receivedAt: second(10) }]);
  expect(typesOf(all)).not.toContain('AppContainersStarted');
  expect(told(all).cycles[0]?.initContainers.map(({ name }) => name)).toEqual(['a', 'b']);
});

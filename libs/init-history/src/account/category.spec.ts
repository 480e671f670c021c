/** Semantics 3.5, row by row: the category, and the field or Event that decided it; then pairs in which the order decides. */
import { describe, expect, it } from 'vitest';
import { podAccount } from './pod-account.js';
import type { PodAccount } from '../account.js';
import { noContext, type Context } from '../context.js';
import { nothingKnown } from '../history.js';
import type { KubeEvent } from '../observations.js';
import { end, ended, frameEpoch, frameUid, running, second, waiting, type Frame } from '../testing/frame.js';
import { watched } from '../testing/told.js';

type Bag = Record<string, unknown>;
type Life = Readonly<{ frames: readonly Frame[]; events?: readonly Partial<KubeEvent>[]; context?: Partial<Context> }>;

function accountOf({ frames, events = [], context = {} }: Life): PodAccount {
  const all = watched(frames, { ...noContext, ...context });
  events.forEach((event, i) => {
    const at = second(20 + i);
    const involvedObject = { kind: 'Pod', uid: frameUid };
    all.event(
      frameUid,
      {
        uid: `e${i}`,
        name: `e${i}`,
        namespace: 'n',
        involvedObject,
        type: 'Warning',
        count: 1,
        firstTimestamp: at,
        lastTimestamp: at,
        ...event,
      },
      at,
    );
  });
  return podAccount(all.pods.get(frameUid) ?? nothingKnown, frameEpoch + 600_000, { ...noContext, ...context });
}

const why = ({ category, categoryEvidence: evidence }: Pick<PodAccount, 'category' | 'categoryEvidence'>): string =>
  evidence ? `${category} by ${evidence.source} = ${evidence.reason} at ${evidence.position}` : String(category);

const unscheduled = (reason: string): Frame => ({
  spec: { nodeName: undefined },
  status: {
    startTime: undefined,
    initContainerStatuses: undefined,
    containerStatuses: undefined,
    conditions: [{ type: 'PodScheduled', status: 'False', reason, lastTransitionTime: second(0) }],
  },
});
const noSandbox: Frame = { ready: ['False', 1] };
const failedPod = (reason: string, more: Frame = {}): Frame => ({
  ...more,
  status: { phase: 'Failed', reason, message: 'so' },
});
const disruption = (reason: string): Bag => ({
  type: 'DisruptionTarget',
  status: 'True',
  reason,
  lastTransitionTime: second(5),
});
const deleted: Bag = { deletionTimestamp: second(9), deletionGracePeriodSeconds: 30 };
const a = 'status.initContainerStatuses[a]';
const crashed = ended('a0', [3, 5], 1);
const looping = waiting('CrashLoopBackOff', { containerID: 'a0', lastState: { terminated: end('a0', [3, 5], 1) } });

describe('a row of 3.5', () => {
  it.each<[string, Life, string]>([
    [
      'SCHEDULING',
      { frames: [unscheduled('Unschedulable')] },
      'SCHEDULING by status.conditions[PodScheduled].reason = Unschedulable at 0',
    ],
    [
      'GATED',
      { frames: [unscheduled('SchedulingGated')] },
      'GATED by status.conditions[PodScheduled].reason = SchedulingGated at 0',
    ],
    ['ADMISSION', { frames: [failedPod('OutOfcpu')] }, 'ADMISSION by status.reason = OutOfcpu at 0'],
    [
      'DEADLINE',
      { frames: [{ a: running('a0', 3) }, failedPod('DeadlineExceeded', { a: ended('a0', [3, 9], 137) })] },
      'DEADLINE by status.reason = DeadlineExceeded at 1',
    ],
    [
      'EVICTION',
      { frames: [{ a: running('a0', 3) }, failedPod('Evicted')] },
      'EVICTION by status.reason = Evicted at 1',
    ],
    [
      'PREEMPTION, kubelet',
      { frames: [{ a: running('a0', 3) }, failedPod('Preempting')] },
      'PREEMPTION by status.reason = Preempting at 1',
    ],
    [
      'PREEMPTION, scheduler',
      {
        frames: [
          {},
          { conditions: [disruption('PreemptionByScheduler')] },
          { conditions: [disruption('PreemptionByScheduler')], metadata: deleted },
        ],
      },
      'PREEMPTION by status.conditions[DisruptionTarget].reason = PreemptionByScheduler at 1',
    ],
    [
      'NODE_SHUTDOWN',
      { frames: [{ a: running('a0', 3) }, failedPod('Terminated')] },
      'NODE_SHUTDOWN by status.reason = Terminated at 1',
    ],
    [
      'NODE_LOST, silent',
      {
        frames: [
          { a: running('a0', 3), conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: second(9) }] },
        ],
        context: {
          node: {
            name: 'node-a',
            uid: 'n',
            bootId: null,
            kubeletVersion: null,
            zone: null,
            ready: { status: 'Unknown', since: second(8) },
          },
        },
      },
      'NODE_LOST by Node node-a status.conditions[Ready].status = Unknown at null',
    ],
    [
      'NODE_LOST, taint',
      { frames: [{ conditions: [disruption('DeletionByTaintManager')], metadata: deleted }] },
      'NODE_LOST by status.conditions[DisruptionTarget].reason = DeletionByTaintManager at 0',
    ],
    [
      'VOLUME',
      { frames: [noSandbox], events: [{ reason: 'FailedMount' }] },
      'VOLUME by Event FailedMount = FailedMount at 1',
    ],
    [
      'VOLUME, attach',
      { frames: [noSandbox], events: [{ reason: 'FailedAttachVolume' }] },
      'VOLUME by Event FailedAttachVolume = FailedAttachVolume at 1',
    ],
    [
      'VOLUME, block',
      { frames: [noSandbox], events: [{ reason: 'FailedMapVolume' }] },
      'VOLUME by Event FailedMapVolume = FailedMapVolume at 1',
    ],
    [
      'DRA',
      { frames: [noSandbox], events: [{ reason: 'FailedPrepareDynamicResources' }] },
      'DRA by Event FailedPrepareDynamicResources = FailedPrepareDynamicResources at 1',
    ],
    [
      'SANDBOX',
      { frames: [noSandbox], events: [{ reason: 'FailedCreatePodSandBox' }] },
      'SANDBOX by Event FailedCreatePodSandBox = FailedCreatePodSandBox at 1',
    ],
    [
      'SANDBOX, network',
      { frames: [noSandbox], events: [{ reason: 'NetworkNotReady' }] },
      'SANDBOX by Event NetworkNotReady = NetworkNotReady at 1',
    ],
    [
      'IMAGE_PULL',
      { frames: [{ a: waiting('ImagePullBackOff') }] },
      `IMAGE_PULL by ${a}.state.waiting.reason = ImagePullBackOff at 0`,
    ],
    [
      'CONFIG',
      { frames: [{ a: waiting('CreateContainerConfigError') }] },
      `CONFIG by ${a}.state.waiting.reason = CreateContainerConfigError at 0`,
    ],
    [
      'RUNTIME',
      { frames: [{ a: waiting('CreateContainerError') }] },
      `RUNTIME by ${a}.state.waiting.reason = CreateContainerError at 0`,
    ],
    ['RUNTIME, empty', { frames: [{ a: { state: { waiting: {} } } }] }, `RUNTIME by ${a}.state.waiting.reason =  at 0`],
    [
      'START',
      {
        frames: [
          { a: { containerID: 'a0', state: { terminated: { ...end('a0', [3, 3], 128), reason: 'StartError' } } } },
        ],
      },
      `START by ${a}.terminated.reason = StartError at 0`,
    ],
    [
      'SECURITY',
      {
        frames: [
          { a: { containerID: 'a0', state: { terminated: { ...end('a0', [3, 4], 159), reason: 'seccomp killed' } } } },
        ],
      },
      `SECURITY by ${a}.terminated.reason = seccomp killed at 0`,
    ],
    [
      'OOM',
      {
        frames: [
          { a: { containerID: 'a0', state: { terminated: { ...end('a0', [3, 4], 137), reason: 'OOMKilled' } } } },
        ],
      },
      `OOM by ${a}.terminated.reason = OOMKilled at 0`,
    ],
    [
      'NODE_OR_RUNTIME_LOST',
      {
        frames: [{ a: { containerID: 'a0', state: { terminated: { ...end('a0', [3, 4], 255), reason: 'Unknown' } } } }],
      },
      `NODE_OR_RUNTIME_LOST by ${a}.terminated.reason = Unknown at 0`,
    ],
    ['CRASH', { frames: [{ a: crashed }] }, `CRASH by ${a}.terminated.exitCode = 1 at 0`],
    ['DEPENDENCY_WAIT comes with time alone', { frames: [{ a: running('a0', 3) }] }, 'null'],
    [
      'SIDECAR_NOT_STARTED',
      { frames: [{ sidecar: true, a: ended('a0', [3, 5]) }] },
      `SIDECAR_NOT_STARTED by ${a}.started = false at 0`,
    ],
    [
      'DELETED',
      { frames: [{ a: running('a0', 3), metadata: deleted }] },
      `DELETED by metadata.deletionTimestamp = asked for at ${second(-21)} at 0`,
    ],
    ['PENDING', { frames: [{}] }, `PENDING by ${a}.state.waiting.reason = PodInitializing at 0`],
    [
      'UNKNOWN, with its text cut',
      { frames: [{ a: waiting(`rpc error: ${'x'.repeat(900)}`) }] },
      `UNKNOWN by ${a}.state.waiting.reason = rpc error: ${'x'.repeat(188)}… at 0`,
    ],
  ])('%s', (_, life, expected) => {
    expect(why(accountOf(life))).toBe(expected);
  });
});

describe('where two rows match, the first decides', () => {
  it.each<[string, Life, string]>([
    [
      'an admission reason, whatever else the pod shows',
      { frames: [failedPod('NodeAffinity', { a: crashed })] },
      'ADMISSION',
    ],
    [
      'the deadline before the exit code that it caused',
      { frames: [failedPod('DeadlineExceeded', { a: ended('a0', [3, 9], 137) })] },
      'DEADLINE',
    ],
    ['eviction before the crash', { frames: [{ a: crashed }, failedPod('Evicted', { a: crashed })] }, 'EVICTION'],
    [
      'what announced the disruption before the deletion',
      { frames: [{ conditions: [disruption('EvictionByEvictionAPI')], metadata: deleted }] },
      'EVICTION',
    ],
    [
      'the pod’s reason before what was announced',
      { frames: [{ ...failedPod('Evicted'), conditions: [disruption('PreemptionByScheduler')] }] },
      'EVICTION',
    ],
    [
      'a silent node before the crash it shows',
      {
        frames: [{ a: looping, conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: second(9) }] }],
        context: {
          node: {
            name: 'node-a',
            uid: 'n',
            bootId: null,
            kubeletVersion: null,
            zone: null,
            ready: { status: 'Unknown', since: second(8) },
          },
        },
      },
      'NODE_LOST',
    ],
    [
      'volumes before the sandbox of the same second',
      {
        frames: [noSandbox],
        events: [
          { reason: 'FailedMount' },
          { reason: 'FailedCreatePodSandBox', firstTimestamp: second(20), lastTimestamp: second(20) },
        ],
      },
      'VOLUME',
    ],
    [
      'a later sandbox before the volumes, which are there then',
      { frames: [noSandbox], events: [{ reason: 'FailedMount' }, { reason: 'FailedCreatePodSandBox' }] },
      'SANDBOX',
    ],
    [
      'a volume Event once the sandbox is there: nothing',
      { frames: [{}], events: [{ reason: 'FailedMount' }] },
      'PENDING',
    ],
    [
      'a volume Event before this cycle: nothing',
      {
        frames: [noSandbox],
        events: [{ reason: 'FailedMount', firstTimestamp: second(-90), lastTimestamp: second(-90) }],
      },
      'PENDING',
    ],
    [
      'a volume Event, but an instance began (kubelets that tell of no sandbox)',
      { frames: [{ ready: ['False', 1], a: crashed }], events: [{ reason: 'FailedMount' }] },
      'CRASH',
    ],
    [
      'a waiting reason before the last failure',
      {
        frames: [
          { a: waiting('ImagePullBackOff', { containerID: 'a0', lastState: { terminated: end('a0', [3, 5], 1) } }) },
        ],
      },
      'IMAGE_PULL',
    ],
    [
      'the last failure before a crash loop',
      {
        frames: [{ a: { ...looping, lastState: { terminated: { ...end('a0', [3, 5], 137), reason: 'OOMKilled' } } } }],
      },
      'OOM',
    ],
    [
      'the last failure before being prepared again',
      {
        frames: [
          { a: waiting('PodInitializing', { containerID: 'a0', lastState: { terminated: end('a0', [3, 5], 1) } }) },
        ],
      },
      'CRASH',
    ],
    [
      'OOMKilled before the exit code, also 0',
      {
        frames: [{ a: { containerID: 'a0', state: { terminated: { ...end('a0', [3, 4], 0), reason: 'OOMKilled' } } } }],
      },
      'OOM',
    ],
    [
      'an Event never decides how an attempt ended',
      { frames: [{ a: crashed }], events: [{ reason: 'FailedMount' }, { reason: 'NetworkNotReady' }] },
      'CRASH',
    ],
  ])('%s', (_, life, category) => {
    expect(accountOf(life).category).toBe(category);
  });
});

describe('the evidence of a part', () => {
  it('is the same on attempt, container, cycle and pod where a container failed it', () => {
    const account = accountOf({
      frames: [
        { spec: { restartPolicy: 'Never' }, a: crashed },
        { spec: { restartPolicy: 'Never' }, a: crashed, status: { phase: 'Failed' } },
      ],
    });
    const [cycle] = account.cycles;
    const [container] = cycle?.initContainers ?? [];
    const expected = { source: `${a}.terminated.exitCode`, reason: '1', position: 0, basis: 'observed' };

    expect([account, cycle, container, container?.attempts[0]].map((one) => one?.categoryEvidence)).toEqual([
      expected,
      expected,
      expected,
      expected,
    ]);
  });

  it('is the next look’s, where that told the end', () => {
    expect(
      accountOf({ frames: [{ a: running('a0', 3) }, { a: crashed }, { a: looping }] }).categoryEvidence?.position,
    ).toBe(1);
  });

  it('is inferred, where a synthetic termination stands in the place of the end', () => {
    const synthetic = { exitCode: 137, reason: 'ContainerStatusUnknown', message: 'gone' };
    const { cycles } = accountOf({
      frames: [
        { a: running('a0', 3) },
        { a: waiting('PodInitializing', { restartCount: 1, lastState: { terminated: synthetic } }) },
      ],
    });

    expect(cycles[0]?.initContainers[0]?.attempts[0]?.categoryEvidence).toEqual({
      source: `${a}.terminated.reason`,
      reason: 'ContainerStatusUnknown',
      position: 1,
      basis: 'inferred',
    });
  });

  it('is nothing where nothing is wrong', () => {
    const { category, categoryEvidence, cycles } = accountOf({
      frames: [
        {
          a: ended('a0', [3, 5]),
          b: ended('b0', [6, 8]),
          initialized: ['True', 8],
          app: running('app0', 9),
          status: { phase: 'Running' },
        },
      ],
    });

    expect([category, categoryEvidence, cycles[0]?.categoryEvidence]).toEqual([null, null, null]);
  });
});

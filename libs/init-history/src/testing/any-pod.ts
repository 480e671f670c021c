import * as fc from 'fast-check';
import type { RawPod } from './parts-of.js';

type Bag = Record<string, unknown>;

/** Now and then no field at all, as Kubernetes leaves out what is empty. */
const perhaps = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 3 });

/** Without the fields that are not there. */
const present = (bag: Bag): Bag => Object.fromEntries(Object.entries(bag).filter(([, value]) => value !== undefined));

const record = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Bag> => fc.record(fields).map(present);

/** Whole seconds of one day, as the kubelet writes them. */
const stamp = fc
  .integer({ min: 0, max: 86_399 })
  .map((second) => new Date(Date.parse('2026-11-20T00:00:00Z') + second * 1000).toISOString().replace('.000Z', 'Z'));

const terminated = record({
  exitCode: fc.constantFrom(0, 0, 0, 1, 2, 42, 126, 127, 128, 137, 143, 255),
  signal: perhaps(fc.constantFrom(0, 9, 15)),
  reason: perhaps(
    fc.constantFrom('', 'Completed', 'Completed', 'Error', 'OOMKilled', 'StartError', 'ContainerStatusUnknown'),
  ),
  startedAt: perhaps(stamp),
  finishedAt: perhaps(stamp),
});

const waiting = record({
  reason: perhaps(
    fc.constantFrom(
      '',
      'PodInitializing',
      'PodInitializing',
      'ContainerCreating',
      'CrashLoopBackOff',
      'ErrImagePull',
      'ImagePullBackOff',
      'CreateContainerConfigError',
      'RunContainerError',
      'RestartingAllContainers',
      'Completed',
    ),
  ),
});

const running = record({ startedAt: perhaps(stamp) });

const state: fc.Arbitrary<Bag> = fc.oneof(
  { weight: 4, arbitrary: terminated.map((one) => ({ terminated: one })) },
  { weight: 3, arbitrary: running.map((one) => ({ running: one })) },
  { weight: 3, arbitrary: waiting.map((one) => ({ waiting: one })) },
  { weight: 1, arbitrary: fc.constant({}) },
);

const statusOf = (name: string): fc.Arbitrary<Bag> =>
  record({
    name: fc.constant(name),
    image: fc.constant('busybox:1'),
    imageID: fc.constant(''),
    state,
    lastState: fc.oneof(
      fc.constant({}),
      terminated.map((one) => ({ terminated: one })),
    ),
    ready: fc.boolean(),
    started: perhaps(fc.boolean()),
    restartCount: fc.constantFrom(0, 0, 1, 2, 7, 30),
  });

/** One status a container, most often of all of them and in spec order, as the kubelet writes them; now and then neither. */
function statusesOf(names: readonly string[]): fc.Arbitrary<readonly Bag[]> {
  const whole = fc.tuple(...names.map(statusOf));
  return fc.oneof(
    { weight: 5, arbitrary: whole },
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: whole.chain((all) => fc.shuffledSubarray([...all])) },
  );
}

const truth = fc.constantFrom('True', 'True', 'False', 'Unknown');

const condition = (type: string, reasons: readonly string[]): fc.Arbitrary<Bag | undefined> =>
  perhaps(record({ type: fc.constant(type), status: truth, reason: perhaps(fc.constantFrom(...reasons)) }));

const conditions = fc
  .tuple(
    condition('PodScheduled', ['SchedulingGated', 'Unschedulable']),
    condition('Initialized', ['ContainersNotInitialized', 'PodCompleted']),
    condition('Ready', ['ContainersNotReady', 'PodCompleted']),
  )
  .map((all) => all.filter((one) => one !== undefined));

const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

const initSpec = (name: string): fc.Arbitrary<Bag> =>
  fc.boolean().map((sidecar) => ({ name, image: 'busybox:1', ...(sidecar ? { restartPolicy: 'Always' } : {}) }));

/**
 * Any pod that an API server would hold, as far as its columns READY, STATUS and RESTARTS can tell pods apart: containers
 * and sidecars in any state, with any conditions, some of them being deleted. A pod that is being deleted has a finalizer,
 * so that a server keeps it: to make one there, create it without `deletionTimestamp`, write its status, delete it.
 */
export const anyPod: fc.Arbitrary<RawPod> = fc
  .record({
    init: fc.integer({ min: 0, max: 4 }),
    apps: fc.integer({ min: 1, max: 3 }),
    restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
    phase: fc.constantFrom('Pending', 'Pending', 'Running', 'Running', 'Succeeded', 'Failed', 'Unknown'),
    reason: perhaps(fc.constantFrom('NodeLost', 'Evicted', 'DeadlineExceeded', 'Terminated')),
    bound: fc.boolean(),
    deleting: fc.boolean(),
  })
  .chain(({ init, apps, restartPolicy, phase, reason, bound, deleting }) =>
    fc
      .record({
        initContainers: fc.tuple(...names('init', init).map(initSpec)),
        initContainerStatuses: statusesOf(names('init', init)),
        containerStatuses: statusesOf(names('app', apps)),
        conditions,
      })
      .map(({ initContainers, ...status }) => ({
        metadata: {
          name: 'any',
          namespace: 'default',
          ...(deleting ? { finalizers: ['initledger.test/kept'], deletionTimestamp: '2026-11-21T00:00:00Z' } : {}),
        },
        spec: {
          restartPolicy,
          ...(bound ? { nodeName: 'node-a' } : {}),
          initContainers,
          containers: names('app', apps).map((name) => ({ name, image: 'busybox:1' })),
        },
        status: present({ phase, reason, ...status }),
      })),
  );

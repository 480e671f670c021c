import type { KubeEvent } from '../observations.js';
import type { PhaseOfTime } from '../taxonomy.js';
import type { RawPod } from './parts-of.js';

/** One run of an init container, in milliseconds. `pullMs` 0: its image was there. */
export type TimedRun = Readonly<{
  queueMs: number;
  pullMs: number;
  createMs: number;
  runMs: number;
  exitCode: number;
  /** After it: until the kubelet goes on with the next init container, or with the next try. */
  restMs: number;
}>;

export type TimedInit = Readonly<{ sidecar: boolean; startupMs: number; runs: readonly TimedRun[] }>;

export type TimedPod = Readonly<{
  /** Epoch milliseconds of its creation: no whole seconds. */
  from: number;
  /** Minor version of its kubelet. */
  kubelet: 33 | 36;
  gatedMs: number;
  schedulingMs: number;
  acceptanceMs: number;
  sandboxMs: number;
  init: readonly TimedInit[];
  appMs: number;
  /** That its sandbox dies once it is initialized, so that all of it runs again. */
  again: boolean;
}>;

/** What truly was, in epoch milliseconds. */
export type TrueSpan = Readonly<{
  phase: PhaseOfTime;
  cycle: number;
  container: string | null;
  attempt: number | null;
  from: number;
  to: number;
}>;

export type TimedStep = Readonly<{ receivedAt: number }> & (Readonly<{ pod: RawPod }> | Readonly<{ event: KubeEvent }>);

export type TimedLife = Readonly<{ steps: readonly TimedStep[]; truth: readonly TrueSpan[]; end: number }>;

type Bag = Record<string, unknown>;

const uid = '11111111-2222-4333-8444-555555555555';

/** As a kubelet stamps: cut to whole seconds. */
const cut = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const goText = (ms: number): string => (ms < 1000 ? `${ms}ms` : `${ms / 1000}s`);

const nameOf = (index: number): string => `init-${index}`;

/** The pod as it stands, and the time. */
class Stage {
  readonly steps: TimedStep[] = [];
  readonly truth: TrueSpan[] = [];
  readonly init: Bag[];
  readonly attempts: number[];
  readonly conditions = new Map<string, Bag>();
  status: Bag = { phase: 'Pending' };
  app: Bag = { name: 'app', restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } };
  cycle = 1;
  bound = false;
  accepted = false;
  gated = false;
  private version = 1;
  private events = 0;

  constructor(
    private readonly pod: TimedPod,
    public now: number,
  ) {
    this.init = pod.init.map((_, i) => ({
      name: nameOf(i),
      restartCount: 0,
      state: { waiting: { reason: 'PodInitializing' } },
    }));
    this.attempts = pod.init.map(() => 0);
  }

  condition(type: string, status: 'True' | 'False', reason?: string): void {
    const before = this.conditions.get(type);
    const lastTransitionTime = before?.['status'] === status ? before['lastTransitionTime'] : cut(this.now);
    this.conditions.set(type, { type, status, lastTransitionTime, ...(reason ? { reason } : {}) });
  }

  /** One write of the kubelet, at once, and heard of a little later. */
  show(): void {
    this.steps.push({ receivedAt: this.now + 40, pod: structuredClone(this.raw()) });
  }

  event(container: string, reason: string, message: string): void {
    const name = `p.${this.events++}`;
    const involvedObject = { kind: 'Pod', uid, fieldPath: `spec.initContainers{${container}}` };
    const at = cut(this.now);
    const times = { firstTimestamp: at, lastTimestamp: at, count: 1 };
    const event = { uid: name, name, namespace: 'n', involvedObject, reason, message, type: 'Normal', ...times };
    this.steps.push({ receivedAt: this.now + 60, event });
  }

  /** What takes its time: truly from now to then. */
  pass(phase: PhaseOfTime, ms: number, of: Readonly<{ container?: string; attempt?: number }> = {}): void {
    const { container = null, attempt = null } = of;
    this.truth.push({ phase, cycle: this.cycle, container, attempt, from: this.now, to: this.now + ms });
    this.now += ms;
  }

  private raw(): RawPod {
    const { init } = this.pod;
    return {
      metadata: {
        uid,
        name: 'p',
        namespace: 'n',
        creationTimestamp: cut(this.pod.from),
        resourceVersion: String(this.version++),
        managedFields: [{ manager: 'kubelet', operation: 'Update', subresource: 'status', time: cut(this.now) }],
      },
      spec: {
        restartPolicy: 'Always',
        ...(this.bound ? { nodeName: 'node-a' } : {}),
        ...(this.gated ? { schedulingGates: [{ name: 'quota' }] } : {}),
        initContainers: init.map(({ sidecar, startupMs }, i) => ({
          name: nameOf(i),
          ...(sidecar ? { restartPolicy: 'Always' } : {}),
          ...(sidecar && startupMs > 0 ? { startupProbe: {} } : {}),
        })),
        containers: [{ name: 'app' }],
      },
      status: {
        ...this.status,
        conditions: [...this.conditions.values()],
        ...(this.accepted ? { initContainerStatuses: this.init, containerStatuses: [this.app] } : {}),
      },
    };
  }
}

function beforeTheNode(stage: Stage, pod: TimedPod): void {
  if (pod.gatedMs > 0) {
    stage.gated = true;
    stage.condition('PodScheduled', 'False', 'SchedulingGated');
  }
  stage.show();
  if (pod.gatedMs > 0) {
    stage.pass('gated', pod.gatedMs);
    stage.gated = false;
    stage.show();
  }
  stage.pass('scheduling', pod.schedulingMs);
  stage.bound = true;
  stage.condition('PodScheduled', 'True');
  stage.show();
  stage.pass('acceptance', pod.acceptanceMs);
  stage.accepted = true;
  stage.status = { ...stage.status, startTime: cut(stage.now) };
  stage.condition('Initialized', 'False', 'ContainersNotInitialized');
  stage.condition('PodReadyToStartContainers', 'False');
  stage.show();
}

/** 1.36 tells of the sandbox at once; kubelets before do with the first container (semantics 1.2 row 5). */
function sandboxMade(stage: Stage, pod: TimedPod): void {
  stage.pass('volumesAndSandbox', pod.sandboxMs);
  if (pod.kubelet < 36) return;
  stage.condition('PodReadyToStartContainers', 'True');
  stage.show();
}

function imageThere(stage: Stage, container: string, { queueMs, pullMs }: TimedRun): void {
  if (pullMs === 0) {
    stage.event(container, 'Pulled', 'Container image "i:1" already present on machine');
    return;
  }
  stage.event(container, 'Pulling', 'Pulling image "i:1"');
  stage.pass('pullQueue', queueMs, { container });
  stage.pass('pull', pullMs, { container });
  const told = `in ${goText(pullMs)} (${goText(pullMs + queueMs)} including waiting). Image size: 9 bytes.`;
  stage.event(container, 'Pulled', `Successfully pulled image "i:1" ${told}`);
}

/** One instance, from its image to its end; a sidecar that starts does not end. True if the next container may begin. */
function ran(stage: Stage, pod: TimedPod, index: number, run: TimedRun): boolean {
  const container = nameOf(index);
  const { sidecar, startupMs } = pod.init[index] ?? { sidecar: false, startupMs: 0 };
  imageThere(stage, container, run);
  stage.pass('create', run.createMs, { container });
  const before = stage.init[index] ?? {};
  const count = stage.attempts[index] ?? 0;
  stage.attempts[index] = count + 1;
  const containerID = `containerd://${container}-${count}`;
  const startedAt = cut(stage.now);
  const state = before['state'] as Bag;
  const lastState = state['terminated'] ? state : (before['lastState'] ?? {});
  const common = { ...before, containerID, restartCount: count, lastState };
  const last = index === pod.init.length - 1;
  const stays = sidecar && run.exitCode === 0;
  stage.init[index] = { ...common, started: !sidecar, state: { running: { startedAt } } };
  stage.condition('PodReadyToStartContainers', 'True');
  stage.show();
  const of = { container, attempt: count + 1 };
  if (stays) {
    if (startupMs > 0) stage.pass('sidecarStartup', startupMs, of);
    stage.init[index] = { ...common, started: true, ready: true, state: { running: { startedAt } } };
    stage.show();
    if (!last) stage.pass('unaccounted', run.restMs);
    return true;
  }
  stage.pass(sidecar ? 'sidecarStartup' : 'run', run.runMs, of);
  const reason = run.exitCode === 0 ? 'Completed' : 'Error';
  const terminated = { exitCode: run.exitCode, reason, startedAt, finishedAt: cut(stage.now), containerID };
  stage.init[index] = { ...common, started: false, ready: run.exitCode === 0, state: { terminated } };
  if (run.exitCode === 0 && last) stage.condition('Initialized', 'True');
  stage.show();
  if (run.exitCode !== 0) stage.pass('backOff', run.restMs, of);
  else if (!last) stage.pass('unaccounted', run.restMs);
  return run.exitCode === 0;
}

function appStarted(stage: Stage, pod: TimedPod): void {
  stage.pass('appPull', pod.appMs, { container: 'app' });
  const restartCount = stage.cycle - 1;
  const running = { startedAt: cut(stage.now) };
  stage.app = { name: 'app', restartCount, containerID: `containerd://app-${restartCount}`, state: { running } };
  stage.status = { ...stage.status, phase: 'Running' };
  stage.condition('Initialized', 'True');
  stage.show();
}

/** The sandbox dies: what ran in it ends with 137, and is seen to. */
function sandboxLost(stage: Stage): void {
  stage.now += 5_000;
  const finishedAt = cut(stage.now);
  const end = (status: Bag): Bag => {
    const { running } = status['state'] as { running?: Bag };
    if (!running) return status;
    const terminated = { ...running, exitCode: 137, reason: 'Error', finishedAt, containerID: status['containerID'] };
    return { ...status, started: false, ready: false, state: { terminated } };
  };
  stage.init.splice(0, stage.init.length, ...stage.init.map(end));
  stage.app = end(stage.app);
  stage.cycle++;
  stage.condition('PodReadyToStartContainers', 'False');
  stage.show();
}

/** Whether all of a pass was passed. */
function passed(stage: Stage, pod: TimedPod): boolean {
  sandboxMade(stage, pod);
  const all = pod.init.every(({ runs }, index) => runs.some((run) => ran(stage, pod, index, run)));
  if (all) appStarted(stage, pod);
  return all;
}

/**
 * The life of a pod with its true times, to the millisecond, and what a kubelet tells of them: frames and Events, stamped
 * in whole seconds. All clocks are one.
 */
export function timedLifeOf(pod: TimedPod): TimedLife {
  const stage = new Stage(pod, pod.from);
  beforeTheNode(stage, pod);
  if (passed(stage, pod) && pod.again) {
    sandboxLost(stage);
    passed(stage, pod);
  }
  return { steps: stage.steps, truth: stage.truth, end: stage.now };
}

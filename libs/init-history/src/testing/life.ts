import type { RawPod } from './parts-of.js';
import type { LookAt } from './watch.js';

/** One run of an init container: how long, and with which exit code and reason it ends. */
export type Run = Readonly<{ seconds: number; exitCode: number; reason?: string }>;

export type InitOfLife = Readonly<{ name: string; image?: string; runs: readonly Run[] }>;

export type LifeOfPod = Readonly<{
  uid: string;
  name: string;
  namespace?: string;
  restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  /** Epoch milliseconds of its creation; whole seconds. */
  from: number;
  init: readonly InitOfLife[];
  /** Seconds between a failure and the next try. */
  backOffSeconds?: number;
  labels?: Readonly<Record<string, string>>;
  ownerReferences?: readonly Readonly<Record<string, unknown>>[];
}>;

/** What truly happened, for comparing. */
export type TrueAttempt = Readonly<{
  container: string;
  containerId: string;
  startedAt: string;
  finishedAt: string;
  exitCode: number;
}>;

export type Life = Readonly<{ looks: readonly LookAt[]; attempts: readonly TrueAttempt[]; completed: boolean }>;

type Bag = Record<string, unknown>;

/** Statuses as they stand, and the clock: what each look is drawn from. */
class Stage {
  readonly looks: LookAt[] = [];
  readonly attempts: TrueAttempt[] = [];
  readonly init = new Map<string, Bag>();
  readonly conditions = new Map<string, Bag>();
  status: Bag = { phase: 'Pending' };
  node: string | null = null;
  app: Bag | null = null;
  private version = 100;

  constructor(
    private readonly life: LifeOfPod,
    public now: number,
  ) {}

  stamp(): string {
    return new Date(this.now).toISOString().replace('.000Z', 'Z');
  }

  condition(type: string, status: 'True' | 'False', reason?: string): void {
    if (this.conditions.get(type)?.['status'] === status) return;
    this.conditions.set(type, { type, status, lastTransitionTime: this.stamp(), ...(reason ? { reason } : {}) });
  }

  /** Shows the pod as it stands: one write of the kubelet, 300 ms late. */
  show(via: LookAt['via'] = 'watch'): void {
    const receivedAt = new Date(this.now + 300).toISOString();
    this.looks.push({ pod: structuredClone(this.pod()), receivedAt, via });
  }

  private pod(): RawPod {
    const { life } = this;
    const containers = [{ name: 'app', image: 'app:1' }];
    const initContainers = life.init.map(({ name, image }) => ({ name, image: image ?? 'busybox:1' }));
    return {
      metadata: {
        uid: life.uid,
        name: life.name,
        namespace: life.namespace ?? 'default',
        creationTimestamp: new Date(life.from).toISOString().replace('.000Z', 'Z'),
        resourceVersion: String(this.version++),
        generation: 1,
        labels: life.labels ?? {},
        ...(life.ownerReferences ? { ownerReferences: life.ownerReferences } : {}),
        managedFields: [{ manager: 'kubelet', operation: 'Update', subresource: 'status', time: this.stamp() }],
      },
      spec: {
        restartPolicy: life.restartPolicy ?? 'Always',
        initContainers,
        containers,
        ...(this.node ? { nodeName: this.node } : {}),
      },
      status: {
        ...this.status,
        conditions: [...this.conditions.values()],
        ...(this.init.size > 0 ? { initContainerStatuses: [...this.init.values()] } : {}),
        ...(this.app ? { containerStatuses: [this.app] } : {}),
      },
    };
  }
}

const waitingStatus = (name: string, image: string): Bag => ({
  name,
  image,
  imageID: '',
  ready: false,
  started: false,
  restartCount: 0,
  state: { waiting: { reason: 'PodInitializing' } },
  lastState: {},
});

function accepted(stage: Stage, life: LifeOfPod): void {
  stage.show();
  stage.node = 'node-a';
  stage.condition('PodScheduled', 'True');
  stage.show();
  stage.status = { ...stage.status, startTime: stage.stamp() };
  for (const { name, image } of life.init) stage.init.set(name, waitingStatus(name, image ?? 'busybox:1'));
  stage.app = waitingStatus('app', 'app:1');
  stage.condition('PodReadyToStartContainers', 'False');
  stage.condition('Initialized', 'False', 'ContainersNotInitialized');
  stage.condition('Ready', 'False', 'ContainersNotReady');
  stage.show();
  stage.now += 1000;
  stage.condition('PodReadyToStartContainers', 'True');
  stage.show();
}

/** One run, from `running` to `terminated`; true if it succeeded. */
function ran(stage: Stage, life: LifeOfPod, name: string, count: number): boolean {
  const run = life.init.find((one) => one.name === name)?.runs[count] ?? { seconds: 1, exitCode: 0 };
  const containerId = `containerd://${name}-${life.uid.slice(0, 8)}-${count}`;
  const status = stage.init.get(name) ?? {};
  const state = status['state'] as Bag;
  const startedAt = stage.stamp();
  const common = { ...status, restartCount: count, containerID: containerId, imageID: `sha256:${name}` };
  const lastState = state['terminated'] ? state : ((status['lastState'] ?? {}) as Bag);
  stage.init.set(name, { ...common, lastState, started: true, state: { running: { startedAt } } });
  stage.show();
  stage.now += run.seconds * 1000;
  const finishedAt = stage.stamp();
  const succeeded = run.exitCode === 0 && run.reason !== 'OOMKilled';
  const reason = run.reason ?? (run.exitCode === 0 ? 'Completed' : 'Error');
  const terminated = { exitCode: run.exitCode, reason, startedAt, finishedAt, containerID: containerId };
  stage.init.set(name, { ...common, lastState, ready: run.exitCode === 0, started: false, state: { terminated } });
  stage.attempts.push({ container: name, containerId, startedAt, finishedAt, exitCode: run.exitCode });
  return succeeded;
}

function failedForGood(stage: Stage): void {
  stage.show();
  stage.status = { ...stage.status, phase: 'Failed' };
  stage.now += 1000;
  stage.show();
}

function backedOff(stage: Stage, name: string, seconds: number): void {
  stage.now += seconds * 1000;
  const status = stage.init.get(name) ?? {};
  const waiting = { reason: 'CrashLoopBackOff', message: `back-off ${seconds}s restarting failed container=${name}` };
  stage.init.set(name, { ...status, state: { waiting }, lastState: status['state'] });
  stage.show();
}

function initialized(stage: Stage): void {
  stage.condition('Initialized', 'True');
  stage.show();
  stage.now += 1000;
  const startedAt = stage.stamp();
  stage.app = {
    ...stage.app,
    ready: true,
    started: true,
    containerID: 'containerd://app-0',
    state: { running: { startedAt } },
  };
  stage.status = { ...stage.status, phase: 'Running' };
  stage.condition('Ready', 'True');
  stage.show();
}

/**
 * The life of a pod of regular init containers, look by look, in the order and shapes of a 1.36 kubelet (semantics 1.2),
 * and what truly happened. The last run of a container decides: a failure ends a `Never` pod, and leaves any other
 * waiting to try again.
 */
export function lifeOf(life: LifeOfPod): Life {
  const stage = new Stage(life, life.from);
  accepted(stage, life);
  for (const { name, runs } of life.init) {
    for (let count = 0; count < runs.length; count++) {
      const succeeded = ran(stage, life, name, count);
      if (succeeded) break;
      if (life.restartPolicy === 'Never') failedForGood(stage);
      else stage.show();
      if (life.restartPolicy === 'Never' || count === runs.length - 1) {
        return { looks: stage.looks, attempts: stage.attempts, completed: false };
      }
      backedOff(stage, name, life.backOffSeconds ?? 10);
    }
    stage.show();
  }
  initialized(stage);
  return { looks: stage.looks, attempts: stage.attempts, completed: true };
}

/**
 * Any life of a pod, look by look, with its truth to the millisecond: retries, sidecars, sandboxes that die, containers that
 * all begin again. Drawn by fast-check, played in the shapes that were recorded of kubelets 1.33 and 1.36.
 */
import * as fc from 'fast-check';
import type { RawPod } from './parts-of.js';
import type { LookAt } from './watch.js';

type AnyRun = Readonly<{ ms: number; exitCode: number; oom: boolean; shown: boolean }>;

/** After so many starts of init containers in this pass, `ms` later, everything dies or begins again. */
type Interruption = Readonly<{ kind: 'sandbox' | 'restartAll'; after: number; ms: number; seen: boolean }>;

type Script = Readonly<{
  kubelet: 33 | 36;
  policy: 'Always' | 'Never';
  init: readonly Readonly<{ sidecar: boolean; runs: readonly AnyRun[] }>[];
  interruptions: readonly Interruption[];
  /** Milliseconds that pass between two steps of the kubelet, in turn. */
  pace: readonly number[];
}>;

/** One instance as it was. Epoch milliseconds; `endMs` null while it runs. */
export type TrueRun = {
  container: string;
  sidecar: boolean;
  containerId: string;
  pass: number;
  startMs: number;
  endMs: number | null;
  exitCode: number | null;
};

/** One pass through the init containers: what began it happened within a span; `endMs` null if it was not passed. */
type TruePass = { fromMs: number; toMs: number; endMs: number | null };

export type LifeOfPasses = Readonly<{
  script: Script;
  looks: readonly LookAt[];
  runs: readonly TrueRun[];
  passes: readonly TruePass[];
}>;

export const passesUid = '11111111-2222-4333-8444-666666666666';
const begins = Date.parse('2026-11-21T08:00:00Z');

const run = fc.record({
  ms: fc.oneof(fc.integer({ min: 1, max: 2_500 }), fc.integer({ min: 2_500, max: 90_000 })),
  exitCode: fc.constantFrom(0, 0, 0, 1, 3, 137),
  oom: fc.boolean(),
  shown: fc.boolean(),
});

const scripts: fc.Arbitrary<Script> = fc.record({
  kubelet: fc.constantFrom(33 as const, 36 as const),
  policy: fc.constantFrom('Always' as const, 'Always' as const, 'Never' as const),
  init: fc.array(
    fc.record({
      sidecar: fc.boolean().chain((one) => fc.boolean().map((other) => one && other)),
      runs: fc.array(run, { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  // Of two within one gap, or before anything was shown, a look may tell no more than one.
  interruptions: fc.constantFrom('sandbox' as const, 'sandbox' as const, 'restartAll' as const).chain((kind) =>
    fc.array(
      fc.record({
        kind: fc.constant(kind),
        after: fc.integer({ min: 1, max: 7 }),
        ms: fc.integer({ min: 0, max: 3_000 }),
        seen: fc.boolean(),
      }),
      { maxLength: 1 },
    ),
  ),
  pace: fc.array(fc.integer({ min: 5, max: 1_800 }), { minLength: 1, maxLength: 6 }),
});

type Bag = Record<string, unknown>;

const floor = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');

class Interrupted extends Error {
  constructor(readonly by: Interruption) {
    super('interrupted');
  }
}
/** A pod that failed goes no further. */
class Failed extends Error {}

/** A kubelet with one pod. */
class Kubelet {
  readonly looks: LookAt[] = [];
  readonly runs: TrueRun[] = [];
  readonly passes: TruePass[] = [];
  private now = begins;
  private readonly conditions = new Map<string, Bag>();
  private readonly status = new Map<string, Bag>();
  private app: Bag = waiting('app');
  private phase = 'Pending';
  private startTime: string | null = null;
  private node = false;
  private version = 100;
  private steps = 0;
  private startsInPass = 0;
  private readonly nextRun = new Map<string, number>();
  private pending: Interruption[];

  constructor(private readonly script: Script) {
    this.pending = script.interruptions.filter(
      ({ kind }) => script.policy === 'Always' && (kind === 'sandbox' || script.kubelet === 36),
    );
  }

  play(): void {
    this.show();
    this.pass();
    this.condition('PodScheduled', 'True');
    this.node = true;
    this.show();
    this.pass();
    this.startTime = floor(this.now);
    const accepted = this.now;
    for (const name of this.names()) this.status.set(name, waiting(name));
    this.condition('PodReadyToStartContainers', 'False');
    this.condition('Initialized', 'False');
    this.show();
    this.pass();
    this.condition('PodReadyToStartContainers', 'True');
    if (this.script.kubelet === 36) this.show();
    this.passes.push({ fromMs: accepted, toMs: accepted, endMs: null });
    for (let going = true; going;) going = this.onePass();
  }

  /** True when another pass has begun. */
  private onePass(): boolean {
    this.startsInPass = 0;
    try {
      for (const [i, { sidecar }] of this.script.init.entries()) this.container(`init-${i}`, sidecar);
      this.passed();
      return false;
    } catch (error) {
      if (error instanceof Failed) return false;
      if (!(error instanceof Interrupted)) throw error;
      if (error.by.kind === 'sandbox') this.sandboxDies(error.by);
      else this.allBeginAgain();
      return true;
    }
  }

  private container(name: string, sidecar: boolean): void {
    for (;;) {
      const plan = this.planned(name);
      this.pass();
      const began = this.start(name, sidecar);
      if (plan.shown || sidecar) this.show();
      this.interruptAt();
      if (sidecar && plan.exitCode === 0) return;
      this.now += plan.ms;
      const succeeded = this.end(name, began, plan);
      this.show();
      if (succeeded && !sidecar) return;
      if (this.script.policy === 'Never' && !sidecar) {
        this.phase = 'Failed';
        this.pass();
        this.show();
        throw new Failed();
      }
      this.backOff(name);
    }
  }

  private planned(name: string): AnyRun {
    const count = this.nextRun.get(name) ?? 0;
    this.nextRun.set(name, count + 1);
    const { runs = [] } = this.script.init[Number(name.slice('init-'.length))] ?? {};
    return runs[count] ?? { ms: 700, exitCode: 0, oom: false, shown: true };
  }

  private start(name: string, sidecar: boolean): TrueRun {
    const before = this.status.get(name) ?? {};
    const { terminated } = before['state'] as Bag;
    const containerID = `containerd://${name}-${this.nextRun.get(name)}`;
    const pass = this.passes.length;
    const began = {
      container: name,
      sidecar,
      containerId: containerID,
      pass,
      startMs: this.now,
      endMs: null,
      exitCode: null,
    };
    this.runs.push(began);
    this.status.set(name, {
      ...before,
      containerID,
      restartCount: this.countOf(name, before),
      ready: sidecar,
      started: true,
      state: { running: { startedAt: floor(this.now) } },
      lastState: terminated && !this.isPurged(name) ? { terminated } : before['lastState'],
    });
    this.startsInPass += 1;
    return began;
  }

  /** An older kubelet counts the log files of a container, which go with its sandbox: from index 1 on it begins at 0 again. */
  private countOf(name: string, before: Bag): number {
    if (before['containerID'] === undefined && before['lost'] !== true) return 0;
    if (this.isPurged(name) && name !== 'init-0') return 0;
    const count = Number(before['restartCount']);
    return before['lost'] === true ? count : count + 1;
  }

  private isPurged(name: string): boolean {
    const newest = this.runs.findLast(({ container }) => container === name);
    const inPass = this.runs.filter(({ container, pass }) => container === name && pass === this.passes.length);
    return this.script.kubelet === 33 && newest !== undefined && inPass.length === 0;
  }

  private end(name: string, began: TrueRun, { exitCode, oom }: AnyRun): boolean {
    const failed = exitCode !== 0 || oom;
    Object.assign(began, { endMs: this.now, exitCode });
    const reason = oom && exitCode !== 0 ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error';
    const { startMs, containerId: containerID } = began;
    const terminated = { exitCode, reason, startedAt: floor(startMs), finishedAt: floor(this.now), containerID };
    this.status.set(name, { ...this.status.get(name), ready: exitCode === 0, started: false, state: { terminated } });
    return !failed || exitCode === 0;
  }

  private backOff(name: string): void {
    this.now += 10_000;
    const before = this.status.get(name) ?? {};
    const reason = { reason: 'CrashLoopBackOff', message: `back-off 10s restarting failed container=${name}` };
    this.status.set(name, { ...before, state: { waiting: reason }, lastState: before['state'] });
    this.show();
    this.status.set(name, { ...before, lost: false });
  }

  private passed(): void {
    const last = this.passes.at(-1);
    const its = this.runs.filter(({ pass, sidecar }) => pass === this.passes.length && !sidecar);
    if (last) last.endMs = its.length > 0 ? Math.max(...its.map(({ endMs }) => endMs ?? this.now)) : null;
    this.condition('Initialized', 'True');
    this.show();
    this.pass();
    const before = this.app;
    const count =
      before['containerID'] === undefined ? 0 : Number(before['restartCount']) + (before['lost'] === true ? 0 : 1);
    const state = { running: { startedAt: floor(this.now) } };
    this.app = {
      ...before,
      containerID: `containerd://app-${this.passes.length}`,
      restartCount: count,
      ready: true,
      state,
    };
    this.phase = 'Running';
    this.show();
    this.startsInPass = 8;
    this.interruptAt();
  }

  private interruptAt(): void {
    const [next, ...rest] = this.pending;
    if (!next || next.after > this.startsInPass) return;
    this.pending = rest;
    this.now += next.ms;
    throw new Interrupted(next);
  }

  /** All that runs dies with its sandbox; a second later the kubelet notices, and makes another one. */
  private sandboxDies({ seen }: Interruption): void {
    const died = this.now;
    this.stopAll(137);
    this.pass();
    this.condition('PodReadyToStartContainers', 'False');
    if (this.script.kubelet === 36) this.forget();
    this.appKilled();
    if (seen) this.show();
    this.now += 1_500;
    this.condition('PodReadyToStartContainers', 'True');
    if (this.script.kubelet === 33) this.forget();
    else if (seen) this.show();
    this.passes.push({ fromMs: died, toMs: this.now, endMs: null });
    this.phase = 'Pending';
  }

  /** Instances whose end nobody tells: a synthetic termination stands in their place (recorded: sandbox-killed-during-init). */
  private forget(): void {
    const unknown = { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null };
    for (const [name, status] of this.status) {
      if (!(status['state'] as Bag)['running']) continue;
      const { containerID: _gone, ...rest } = status;
      const restartCount = Number(status['restartCount']) + 1;
      const states = { state: initializing, lastState: { terminated: unknown } };
      this.status.set(name, { ...rest, ...states, restartCount, lost: true, ready: false, started: false });
    }
  }

  /** All are removed and begin again in the same sandbox (recorded: restart-all-containers). */
  private allBeginAgain(): void {
    const began = this.now;
    this.stopAll(137);
    this.pass();
    this.conditions.delete('AllContainersRestarting');
    this.condition('AllContainersRestarting', 'False');
    const removed = { exitCode: 137, reason: 'RestartingAllContainers', startedAt: null, finishedAt: null };
    const again = (status: Bag): Bag =>
      status['containerID'] === undefined && status['lost'] !== true
        ? status
        : {
            ...status,
            restartCount: Number(status['restartCount']) + (status['lost'] === true ? 0 : 1),
            lost: true,
            state: { waiting: { reason: 'RestartingAllContainers' } },
            lastState: { terminated: removed },
          };
    for (const [name, status] of this.status) this.status.set(name, again(status));
    this.app = again(this.app);
    this.show();
    for (const [name, status] of this.status) {
      const { containerID: _gone, ...rest } = status;
      this.status.set(name, { ...rest, state: initializing, ready: false, started: false });
    }
    this.passes.push({ fromMs: began, toMs: this.now, endMs: null });
    this.phase = 'Pending';
  }

  private stopAll(exitCode: number): void {
    for (const one of this.runs) if (one.endMs === null) Object.assign(one, { endMs: this.now, exitCode });
  }

  private appKilled(): void {
    const { running } = this.app['state'] as Bag;
    if (!running) return;
    const { startedAt } = running as Bag;
    const { containerID } = this.app;
    const terminated = { exitCode: 137, reason: 'Error', startedAt, finishedAt: floor(this.now), containerID };
    this.app = { ...this.app, ready: false, state: { terminated } };
  }

  private pass(): void {
    const { pace } = this.script;
    this.now += pace[this.steps++ % pace.length] ?? 100;
  }

  private condition(type: string, status: 'True' | 'False'): void {
    if (this.conditions.get(type)?.['status'] === status) return;
    this.conditions.set(type, { type, status, lastTransitionTime: floor(this.now) });
  }

  private names(): readonly string[] {
    return this.script.init.map((_, i) => `init-${i}`);
  }

  /** One write of the kubelet, 300 ms late. */
  private show(): void {
    const { policy, init, kubelet } = this.script;
    const rules = {
      restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [88] } }],
    };
    if (kubelet === 36 && !this.conditions.has('AllContainersRestarting') && this.startTime !== null)
      this.condition('AllContainersRestarting', 'False');
    const pod: RawPod = {
      metadata: {
        uid: passesUid,
        name: 'any',
        namespace: 'default',
        creationTimestamp: floor(begins),
        resourceVersion: String(this.version++),
        managedFields: [{ manager: 'kubelet', operation: 'Update', subresource: 'status', time: floor(this.now) }],
      },
      spec: {
        restartPolicy: policy,
        initContainers: init.map(({ sidecar }, i) => ({
          name: `init-${i}`,
          image: 'busybox:1',
          ...(sidecar ? { restartPolicy: 'Always' } : {}),
        })),
        containers: [{ name: 'app', image: 'app:1', ...rules }],
        ...(this.node ? { nodeName: 'node-a' } : {}),
      },
      status: {
        phase: this.phase,
        conditions: [...this.conditions.values()],
        ...(this.startTime === null ? {} : { startTime: this.startTime }),
        ...(this.startTime === null
          ? {}
          : { initContainerStatuses: [...this.status.values()].map(shown), containerStatuses: [shown(this.app)] }),
      },
    };
    this.looks.push({ pod: structuredClone(pod), receivedAt: new Date(this.now + 300).toISOString() });
  }
}

const initializing = { waiting: { reason: 'PodInitializing' } };

const waiting = (name: string): Bag => ({
  name,
  image: 'busybox:1',
  imageID: '',
  ready: false,
  started: false,
  restartCount: 0,
  state: initializing,
  lastState: {},
});

/** Without what the kubelet keeps for itself. */
function shown({ lost: _own, ...status }: Bag): Bag {
  return status;
}

/** Plays a script. */
function played(script: Script): LifeOfPasses {
  const kubelet = new Kubelet(script);
  kubelet.play();
  return { script, looks: kubelet.looks, runs: kubelet.runs, passes: kubelet.passes };
}

export const severalPasses: fc.Arbitrary<LifeOfPasses> = scripts.map(played);

import type { Fields, StoredObject } from '../api/kube-object.js';
import { fieldAt, listAt, textAt } from '../api/kube-object.js';
import type { Node } from './node.js';
import type { ContainerState, PodState, Run } from './pod-state.js';
import {
  adoptSpec,
  containersOf,
  fieldPathOf,
  hasExited,
  isRestarted,
  isRunning,
  isOver,
  isSatisfied,
  newPodState,
  restartPolicyOf,
} from './pod-state.js';
import { endPod } from './pod-ending.js';
import { podStatus } from './pod-status.js';
import { PodRuntime } from './runtime.js';
import { probeSucceeds } from './shell.js';
import type { Tried } from './starting.js';
import { ContainerStarter } from './starting.js';
import { StatusWriter } from './status-writer.js';
import type { Work } from './task.js';
import { perform } from './task.js';

const resyncMs = 60_000;
const retryMs = 10_000;
const sandboxMs = 350;
const firstMountRetryMs = 500;
const longestMountRetryMs = 122_000;

/** What a sync came to: `againMs` is the least time until the next, which chance stretches by up to a half. */
type Synced = Readonly<{ againMs: number; exactly?: boolean; looked: boolean }>;

/**
 * The kubelet's worker of one pod. It syncs when the pod changes, when a look at the runtime shows news, and when a retry is due; each sync first tells
 * the status as the kubelet knows it, and then does what is to be done. The order of writes that a watcher sees follows from that.
 */
export class PodWorker {
  readonly state: PodState;
  readonly runtime: PodRuntime;
  private readonly starter: ContainerStarter;
  private readonly writer: StatusWriter;
  private computed: Fields | undefined;
  private stopSync: (() => void) | undefined;
  private stopTimer: (() => void) | undefined;
  private busy = false;
  private again = false;
  private sandboxFailures = 0;
  private ends = false;
  private wokenFor = '';
  private generationSeen: number | undefined;

  /** @param bound the pod as it was when its node was chosen: what the kubelet's events name */
  constructor(
    readonly node: Node,
    readonly bound: StoredObject,
  ) {
    this.generationSeen = bound.metadata.generation;
    this.state = newPodState(bound, node.clock.now());
    this.runtime = new PodRuntime(node, bound, (run) => this.onEnd(run));
    this.starter = new ContainerStarter(node, this.runtime, bound);
    this.writer = new StatusWriter(node.store, node.clock, node.random, bound);
  }

  /** The pod as the API server has it. */
  get pod(): StoredObject {
    return (
      this.node.store.get('pods', { namespace: this.bound.metadata.namespace ?? '', name: this.bound.metadata.name }) ??
      this.bound
    );
  }

  /** Does a sync now, or as soon as the present one is over. */
  wake(): void {
    if (this.ends) return;
    this.again = true;
    if (this.busy) return;
    this.again = false;
    this.busy = true;
    this.stopTimer?.();
    this.stopSync = perform(this.node.clock, this.sync(), (synced) => this.onSynced(synced));
  }

  /** The `generation` that it knows. */
  get generation(): number | undefined {
    return this.generationSeen;
  }

  /** The pod's spec changed, or it was marked for deletion. */
  onChange(): void {
    this.generationSeen = this.pod.metadata.generation;
    if (this.pod.metadata.deletionTimestamp !== undefined) this.end(true);
    else {
      adoptSpec(this.state, this.pod);
      this.wake();
    }
  }

  /** The pod is no more: nothing is told, and what runs is stopped. */
  onGone(): void {
    this.abandon();
    this.ends = true;
    this.writer.stop();
    this.stopping(containersOf(this.state), 2000);
    this.runtime.stopSandbox();
  }

  /** Looks at the runtime, as the kubelet does once a second and right after a start. */
  look(): void {
    let news = false;
    for (const { run } of containersOf(this.state)) {
      const seen = !run ? 'nothing' : run.finishedAt === undefined ? 'running' : 'exited';
      if (!run || run.seen === seen) continue;
      // An instance that was begun and ended between two looks is told as running first when the look after its start found it so.
      run.seen = seen;
      news = true;
    }
    if (this.state.sandbox === 'ready') {
      this.state.sandbox = 'seen';
      this.state.podIp ??= this.node.nextPodIp();
      news = true;
    }
    if (news) this.wake();
  }

  /** Computes the status and has it written a moment later; what follows before that moment is written with it. */
  tellStatus({ hushed = false } = {}): void {
    const context = { host: { ip: this.node.ip }, before: this.computed, now: this.node.clock.now() };
    this.computed = podStatus(this.pod, this.state, context);
    if (!hushed) this.writer.write(this.computed);
  }

  stopping(containers: readonly ContainerState[], graceMs: number): void {
    for (const one of containers.filter(isRunning)) {
      this.node.events.tell(this.bound, {
        type: 'Normal',
        reason: 'Killing',
        message: `Stopping container ${one.name}`,
        fieldPath: fieldPathOf(one),
      });
    }
    this.runtime.stop(containers, graceMs);
  }

  private end(deleted: boolean): void {
    if (this.ends) return;
    this.ends = true;
    this.abandon();
    this.stopSync = perform(this.node.clock, endPod(this, deleted), () => undefined);
  }

  private abandon(): void {
    this.stopSync?.();
    this.stopTimer?.();
  }

  private onEnd(run: Run): void {
    this.node.clock.after(this.node.untilNextLook(), () => {
      if (run.seen !== 'exited') this.look();
    });
  }

  private onSynced({ againMs, exactly = false, looked }: Synced): void {
    this.busy = false;
    if (isOver(this.pod, this.state)) return this.end(false);
    if (looked) this.node.clock.after(6, () => this.look());
    else if (this.state.sandbox === 'ready') this.node.clock.after(this.node.untilNextLook(), () => this.look());
    if (this.again) return this.wake();
    this.stopTimer = this.node.clock.after(exactly ? againMs : againMs * this.node.random.between(1, 1.5), () =>
      this.wake(),
    );
  }

  private *sync(): Work<Synced> {
    this.tellStatus({ hushed: this.isHushed() });
    if (isOver(this.pod, this.state)) return { againMs: resyncMs, looked: false };
    if (this.state.sandbox === 'none') {
      yield* this.mountVolumes();
      yield sandboxMs;
      if (!this.createSandbox()) return { againMs: retryMs, looked: false };
      this.tellStatus({ hushed: this.node.courseOf(this.bound).sandboxHushed ?? false });
    }
    return yield* this.startDue();
  }

  /** A missing volume holds up the worker; nothing but its events tells. */
  private *mountVolumes(): Work {
    for (let delayMs = firstMountRetryMs; ; delayMs = Math.min(delayMs * 2, longestMountRetryMs)) {
      const missing = this.missingVolume();
      if (missing === undefined) return;
      this.node.events.tell(this.bound, { type: 'Warning', reason: 'FailedMount', message: missing });
      yield delayMs;
    }
  }

  private missingVolume(): string | undefined {
    const { namespace = '' } = this.bound.metadata;
    for (const volume of listAt(this.bound, 'spec', 'volumes')) {
      const name = textAt(volume, 'name');
      const secret = textAt(volume, 'secret', 'secretName');
      const map = textAt(volume, 'configMap', 'name');
      if (secret && !this.node.store.get('secrets', { namespace, name: secret }))
        return `MountVolume.SetUp failed for volume "${name}" : secret "${secret}" not found`;
      if (map && !this.node.store.get('configmaps', { namespace, name: map }))
        return `MountVolume.SetUp failed for volume "${name}" : configmap "${map}" not found`;
    }
    return undefined;
  }

  private createSandbox(): boolean {
    const { sandbox } = this.node.courseOf(this.bound);
    if (sandbox && this.sandboxFailures < sandbox.fails) {
      this.sandboxFailures++;
      this.node.events.tell(this.bound, {
        type: 'Warning',
        reason: 'FailedCreatePodSandBox',
        message: sandbox.message,
      });
      return false;
    }
    this.runtime.createSandbox();
    this.state.sandbox = 'ready';
    return true;
  }

  /** Starts what may start: one init container, or all app containers. */
  private *startDue(): Work<Synced> {
    for (const container of this.state.inits) {
      if (isSatisfied(container)) continue;
      if (container.run && !hasExited(container)) return { againMs: resyncMs, looked: false };
      return this.synced([container], [yield* this.start(container)]);
    }
    const due = this.state.apps.filter(
      (one) => !one.run || (hasExited(one) && isRestarted(one, restartPolicyOf(this.pod))),
    );
    const tries: Tried[] = [];
    for (const container of due) tries.push(yield* this.start(container));
    return this.synced(due, tries);
  }

  private *start(container: ContainerState): Work<Tried> {
    const tried = yield* this.starter.start(container);
    if (tried.started && !container.probed) this.probe(container);
    return tried;
  }

  private synced(containers: readonly ContainerState[], tries: readonly Tried[]): Synced {
    const failed = tries.filter((one) => !one.started);
    const looked = failed.length < tries.length;
    if (failed.length === 0) return { againMs: resyncMs, looked };
    const backOffs = failed.flatMap((one) => (one.againMs === undefined ? [] : [one.againMs]));
    this.wakeIfTold(containers);
    if (backOffs.length > 0)
      return { againMs: Math.min(resyncMs, ...backOffs) * this.stretchOf(containers), exactly: true, looked };
    const every = containers.map((one) => this.courseOf(one).everyMs).find((ms) => ms !== undefined);
    return every === undefined ? { againMs: retryMs, looked } : { againMs: every, exactly: true, looked };
  }

  private courseOf({ name }: ContainerState) {
    return this.node.courseOf(this.bound).containers?.[name] ?? {};
  }

  private wakeIfTold(containers: readonly ContainerState[]): void {
    for (const container of containers) {
      const { run } = container;
      if (!run || !this.courseOf(container).wokenAfter?.includes(run.attempt)) continue;
      if (container.waiting?.reason !== 'CrashLoopBackOff' || run.seen !== 'exited') continue;
      if (this.wokenFor === run.containerId) continue;
      this.wokenFor = run.containerId;
      this.node.clock.after(1000, () => this.wake());
    }
  }

  /** How much longer than the back-off it waits: a decided factor, or chance. */
  private stretchOf(containers: readonly ContainerState[]): number {
    const told = containers
      .map((one) => this.courseOf(one).stretchAfter?.[one.run?.attempt ?? -1])
      .find((factor) => factor !== undefined);
    return told ?? this.node.random.between(1, 1.5);
  }

  /** Whether this sync's telling of the back-off is overtaken by the start that follows it. */
  private isHushed(): boolean {
    return containersOf(this.state).some((container) => {
      const next = (container.run?.attempt ?? -1) + 1;
      const due =
        container.waiting?.reason === 'CrashLoopBackOff' &&
        this.starter.backOffUntil(container) <= this.node.clock.now();
      return due && (this.courseOf(container).hushedBefore?.includes(next) ?? false);
    });
  }

  private probe(container: ContainerState): void {
    const probe = fieldAt(container.spec, 'startupProbe');
    const periodMs = Number(fieldAt(probe, 'periodSeconds') ?? 10) * 1000;
    const command = listAt(probe, 'exec', 'command').map(String);
    const { run } = container;
    const check = (): void => {
      if (container.run !== run || run?.finishedAt !== undefined) return;
      if (probeSucceeds(command, this.runtime.around(container))) {
        container.probed = true;
        this.tellStatus();
        return this.wake();
      }
      this.node.events.tell(this.bound, {
        type: 'Warning',
        reason: 'Unhealthy',
        message: 'Startup probe failed: ',
        fieldPath: fieldPathOf(container),
      });
      this.node.clock.after(periodMs, check);
    };
    this.node.clock.after(150, check);
  }
}

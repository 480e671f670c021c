import type { Fields, StoredObject } from '../api/kube-object.js';
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
import { PodCourse } from './pod-course.js';
import { endPod } from './pod-ending.js';
import { PodPreparation } from './pod-preparing.js';
import { podStatus } from './pod-status.js';
import { PodRuntime } from './runtime.js';
import { probeStartup } from './startup-probe.js';
import type { Tried } from './starting.js';
import { ContainerStarter } from './starting.js';
import { StatusWriter } from './status-writer.js';
import type { Work } from './task.js';
import { perform } from './task.js';

const resyncMs = 60_000;
const retryMs = 10_000;
const wakeMs = 1000;

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
  private readonly preparation: PodPreparation;
  private readonly course: PodCourse;
  private computed: Fields | undefined;
  private stopSync: (() => void) | undefined;
  private stopTimer: (() => void) | undefined;
  private busy = false;
  private again = false;
  private ends = false;
  private known: StoredObject;
  private generationSeen: number | undefined;

  /** @param bound the pod as it was when its node was chosen: what the kubelet's events name */
  constructor(
    readonly node: Node,
    readonly bound: StoredObject,
  ) {
    this.known = bound;
    this.generationSeen = bound.metadata.generation;
    this.state = newPodState(bound, node.clock.now());
    this.runtime = new PodRuntime(node, bound, (run) => this.onEnd(run));
    this.starter = new ContainerStarter(node, this.runtime, bound);
    this.preparation = new PodPreparation(node, bound, this.runtime);
    this.course = new PodCourse(node, bound);
    this.writer = new StatusWriter(node.store, node.clock, node.random, bound);
  }

  /** The pod as the API server has it, or had it before it went. */
  get pod(): StoredObject {
    const { namespace = '', name, uid } = this.bound.metadata;
    const found = this.node.store.get('pods', { namespace, name });
    if (found?.metadata.uid === uid) this.known = found;
    return this.known;
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
    if (this.pod.metadata.deletionTimestamp !== undefined) this.end('deleted');
    else {
      adoptSpec(this.state, this.pod);
      this.wake();
    }
  }

  /** The pod's `activeDeadlineSeconds` have passed. */
  onDeadline(): void {
    this.end('overdue');
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

  private end(why: 'deleted' | 'finished' | 'overdue'): void {
    if (this.ends) return;
    this.ends = true;
    this.abandon();
    this.stopSync = perform(this.node.clock, endPod(this, why), () => undefined);
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
    if (isOver(this.pod, this.state)) return this.end('finished');
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
      if (!(yield* this.preparation.prepare(this.state))) return { againMs: retryMs, looked: false };
      this.tellStatus({ hushed: this.course.hushesSandbox() });
    }
    return yield* this.startDue();
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
    if (tried.started && !container.probed) {
      const started = (): void => this.onStarted(container);
      probeStartup(this.node, this.bound, { container, around: this.runtime.around(container), started });
    }
    return tried;
  }

  private synced(containers: readonly ContainerState[], tries: readonly Tried[]): Synced {
    const failed = tries.filter((one) => !one.started);
    const looked = failed.length < tries.length;
    if (failed.length === 0) return { againMs: resyncMs, looked };
    const backOffs = failed.flatMap((one) => (one.againMs === undefined ? [] : [one.againMs]));
    if (containers.some((one) => this.course.wakesAfter(one))) this.node.clock.after(wakeMs, () => this.wake());
    if (backOffs.length > 0) {
      return { againMs: Math.min(resyncMs, ...backOffs) * this.course.stretchOf(containers), exactly: true, looked };
    }
    const decided = this.course.retryMs(containers);
    return { againMs: decided ?? retryMs, exactly: decided !== undefined, looked };
  }

  private onStarted(container: ContainerState): void {
    container.probed = true;
    this.tellStatus();
    this.wake();
  }

  /** Whether this sync's telling of a back-off is overtaken by the start that follows it. */
  private isHushed(): boolean {
    const due = containersOf(this.state).filter(
      (one) => one.waiting?.reason === 'CrashLoopBackOff' && this.starter.backOffUntil(one) <= this.node.clock.now(),
    );
    return due.some((one) => this.course.hushesBackOff(one));
  }
}

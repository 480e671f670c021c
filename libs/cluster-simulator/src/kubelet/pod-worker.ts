import type { Fields, StoredObject } from '../api/kube-object.js';
import { isFields, listAt } from '../api/kube-object.js';
import type { Node } from './node.js';
import type { ContainerState, PodState, Run, Stopped } from './pod-state.js';
import {
  adoptSpec,
  containersOf,
  graceMsOf,
  fieldPathOf,
  hasExited,
  isRestarted,
  isRunning,
  isOver,
  isDone,
  newPodState,
  restartPolicyOf,
  ruleFor,
} from './pod-state.js';
import { beginCycle, forgetOlder, forgetRemoved, forgetReplaced, replaceAll } from './cycles.js';
import { takenOver, type Inheritance } from './takeover.js';
import { killCondemned, leaveSandbox } from './pod-stops.js';
import { leavesAnEnd } from './told-ends.js';
import { PodCourse } from './pod-course.js';
import { endPod } from './pod-ending.js';
import { PodPreparation } from './pod-preparing.js';
import { gatesOf, podStatus, withStarted } from './pod-status.js';
import { resize } from './pod-resize.js';
import { PodRuntime } from './runtime.js';
import { startProbes } from './probes.js';
import { isThatPod } from './mirrors.js';
import type { Tried } from './starting.js';
import { ContainerStarter } from './starting.js';
import { StatusWriter } from './status-writer.js';
import type { Work } from './task.js';
import { perform } from './task.js';

const resyncMs = 60_000;
const retryMs = 10_000;
const wakeMs = 1000;
const lookMs = 6;
const sandboxAfterMs = 2200;
const removeMs = 2;

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
  private lookDue = false;
  private gatesKnown = '';
  /** Whether it is ending, or has ended. */
  ends = false;
  private known: StoredObject;
  private generationSeen: number | undefined;

  /**
   * @param bound the pod as the kubelet got it first: what its events name
   * @param before what another process of the kubelet left: a state of which it takes only what the API and the runtime know, too
   */
  constructor(
    readonly node: Node,
    readonly bound: StoredObject,
    before?: Inheritance,
  ) {
    this.known = bound;
    this.generationSeen = bound.metadata.generation;
    this.state = before ? takenOver(before) : newPodState(bound, node);
    this.runtime = before?.runtime ?? new PodRuntime(node, bound);
    this.runtime.tellTo((run) => this.onEnd(run));
    const told = before && this.pod['status'];
    if (isFields(told)) this.computed = told;
    this.starter = new ContainerStarter(node, this.runtime, bound);
    this.preparation = new PodPreparation(node, bound, this.runtime);
    this.course = new PodCourse(node, bound);
    this.writer = new StatusWriter(node, bound);
  }

  /** Begins to work, and to ask the pod's probes. */
  begin(): void {
    this.probe();
    this.onChange();
  }

  /** The kubelet's process dies: nothing is done or told any longer, and what runs goes on. */
  die(): void {
    this.fallSilent();
    this.runtime.tellTo(() => undefined);
  }

  /** The pod as the API server has it, or had it before it went. */
  get pod(): StoredObject {
    const { namespace = '', name } = this.bound.metadata;
    const found = this.node.store.get('pods', { namespace, name });
    if (found && isThatPod(found, this.bound)) this.known = found;
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

  /** Another object stands for the pod in the API: it is told what the pod is. */
  tellAgain(): void {
    if (this.computed) this.writer.write(this.computed);
  }

  /** The pod's file is gone: what runs of it is stopped, and nothing is told of that. */
  retire(): void {
    this.fallSilent();
    this.stopping(containersOf(this.state), graceMsOf(this.bound));
    this.node.clock.after(graceMsOf(this.bound) + sandboxAfterMs, () => this.runtime.stopSandbox());
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

  /** Somebody else wrote the pod's status: its readiness gates may say something new. */
  onConditions(): void {
    if (listAt(this.bound, 'spec', 'readinessGates').length === 0 || this.ends) return;
    const told = gatesOf(this.pod);
    if (told === this.gatesKnown) return;
    this.gatesKnown = told;
    this.wake();
  }

  /** The pod's `activeDeadlineSeconds` have passed. */
  onDeadline(): void {
    this.end('overdue');
  }

  /** The kubelet stops the pod for the sake of the node. */
  stopFor(why: Stopped): void {
    this.state.stopped = why;
    this.end('stopped');
  }

  /** The pod is no more: nothing is told, and what runs is stopped. */
  onGone(): void {
    this.fallSilent();
    this.stopping(containersOf(this.state), 2000);
    this.runtime.stopSandbox();
  }

  /** Looks at the runtime, as the kubelet does once a second and right after a start. What it finds during a sync is told by the next one. */
  look(): void {
    this.lookDue = this.busy;
    if (this.busy) return;
    let news = false;
    for (const container of containersOf(this.state)) {
      const { run } = container;
      if (this.course.misses(container, this.node.clock.now())) continue;
      const seen = !run ? 'nothing' : run.finishedAt === undefined ? 'running' : 'exited';
      if (!run || run.seen === seen) continue;
      // An instance that was begun and ended between two looks is told as running first when the look after its start found it so.
      run.seen = seen;
      news = true;
    }
    if (this.state.sandbox === 'ready') {
      this.state.sandbox = 'seen';
      if (!this.runtime.isOnHost) this.state.podIp = this.node.nextPodIp();
      news = true;
    }
    if (this.state.sandbox === 'seen' && !this.runtime.hasSandbox) {
      this.state.sandbox = 'dead';
      news = true;
    }
    if (news) this.wake();
  }

  /** Computes the status and has it written a moment later; what follows before that moment is written with it. */
  tellStatus({ hushed = false } = {}): void {
    const context = { host: this.node, before: this.computed, now: this.node.clock.now() };
    const status = podStatus(this.pod, this.state, context);
    if (this.computed && leavesAnEnd(this.computed, status, this.state, restartPolicyOf(this.bound))) return;
    this.computed = status;
    for (const one of containersOf(this.state)) if (one.run && isRunning(one)) one.toldRun = one.run;
    if (!hushed) this.writer.write(this.computed);
    if (!this.node.shapes.remembersRemoved) forgetOlder(this.state);
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

  private end(why: 'deleted' | 'finished' | 'overdue' | 'stopped'): void {
    if (this.ends) return;
    this.ends = true;
    this.abandon();
    this.busy = false;
    this.stopSync = perform(this.node.clock, endPod(this, why), () => undefined);
  }

  private fallSilent(): void {
    this.abandon();
    this.ends = true;
    this.writer.stop();
  }

  private abandon(): void {
    this.stopSync?.();
    this.stopTimer?.();
  }

  private onEnd(run: Run | undefined): void {
    this.node.clock.after(this.node.untilNextLook(), () => {
      if (run?.seen !== 'exited') this.look();
      if (run?.seen === 'running' && !this.ends) this.onEnd(run);
    });
  }

  private onSynced({ againMs, exactly = false, looked }: Synced): void {
    this.busy = false;
    if (isOver(this.pod, this.state)) return this.end('finished');
    if ((looked || this.lookDue) && this.node.shapes.looksAtOnce) this.node.clock.after(lookMs, () => this.look());
    else if (looked || this.lookDue || this.state.sandbox === 'ready')
      this.node.clock.after(this.node.untilNextLook(), () => this.look());
    if (this.again) return this.wake();
    const dueMs = exactly ? againMs : againMs * this.node.random.between(1, 1.5);
    this.stopTimer = this.node.clock.after(dueMs, () => this.wake());
  }

  private *sync(): Work<Synced> {
    forgetRemoved(this.state);
    this.state.isReplacing = containersOf(this.state).some((one) => ruleFor(one) === 'RestartAllContainers');
    this.tellStatus({ hushed: this.course.hushesTelling(containersOf(this.state), this.starter) });
    if (isOver(this.pod, this.state)) return { againMs: resyncMs, looked: false };
    if (this.state.isReplacing) return yield* this.replaceAll();
    if (this.state.sandbox === 'dead') yield* leaveSandbox(this);
    if (this.state.sandbox === 'gone') return { againMs: resyncMs, looked: false };
    if (this.state.sandbox === 'none') {
      if (!(yield* this.preparation.prepare(this.state))) return { againMs: retryMs, looked: false };
      if (this.node.shapes.tellsSandbox) this.tellStatus({ hushed: this.course.hushesSandbox(this.runtime.cycle) });
      beginCycle(this.state);
    }
    const added = this.state.ephemerals.filter(({ run }) => !run);
    for (const container of added) yield* this.starter.start(container);
    if (this.state.isResizing) yield* resize(this);
    const killed = yield* killCondemned(this);
    const synced = yield* this.startDue(killed);
    forgetReplaced(this.state);
    return added.length > 0 ? { ...synced, looked: true } : synced;
  }

  /** One container's rule asks that all of them begin again: they are removed, and the next sync starts the first. */
  private *replaceAll(): Work<Synced> {
    this.runtime.kill(containersOf(this.state));
    yield removeMs;
    replaceAll(this.state);
    this.runtime.beginCycle();
    this.state.isReplacing = false;
    this.again = true;
    return { againMs: resyncMs, looked: false };
  }

  /** Starts what may start: one init container, or all app containers and the sidecars that have ended. */
  private *startDue(killed: readonly ContainerState[]): Work<Synced> {
    const mayStart = (one: ContainerState): boolean => !one.run || hasExited(one) || killed.includes(one);
    const isInitialized = this.state.apps.some(({ run, isStale }) => run && !isStale);
    for (const container of isInitialized ? [] : this.state.inits) {
      if (isDone(container) && !killed.includes(container)) continue;
      if (!mayStart(container)) return { againMs: resyncMs, looked: false };
      return this.synced([container], [yield* this.starter.start(container)]);
    }
    const sidecars = isInitialized ? this.state.inits.filter(({ role }) => role === 'sidecar') : [];
    const due = [...sidecars, ...this.state.apps].filter(
      (one) => mayStart(one) && (!hasExited(one) || isRestarted(one, restartPolicyOf(this.pod))),
    );
    const tries: Tried[] = [];
    for (const container of due) tries.push(yield* this.starter.start(container));
    return this.synced(due, tries);
  }

  private synced(containers: readonly ContainerState[], tries: readonly Tried[]): Synced {
    const failed = tries.filter((one) => !one.started);
    if (containers.some((one) => this.course.wakesDuring(one))) this.node.clock.after(wakeMs, () => this.wake());
    if (containers.some((one) => this.course.isSeenAtOnce(one))) this.node.clock.after(lookMs, () => this.look());
    const looked = failed.length < tries.length;
    if (failed.length === 0) return { againMs: resyncMs, looked };
    const backOffs = failed.flatMap((one) => (one.againMs === undefined ? [] : [one.againMs]));
    if (containers.some((one) => this.course.wakesAfter(one))) this.node.clock.after(wakeMs, () => this.wake());
    if (backOffs.length > 0 && this.node.shapes.waitsForBackOff) {
      const dueMs = Math.min(resyncMs, ...backOffs) * this.course.stretchOf(containers);
      return { againMs: dueMs + this.node.untilNextTick(dueMs), exactly: true, looked };
    }
    const decided = this.course.retryMs(containers);
    return { againMs: decided ?? retryMs, exactly: decided !== undefined, looked };
  }

  /** Asks the pod's probes from now on, until its end or this kubelet's. */
  private probe(): void {
    startProbes(
      {
        node: this.node,
        bound: this.bound,
        around: (container) => this.runtime.around(container),
        isOver: () => this.ends,
        wake: () => this.wake(),
        onResult: (kind, container) => {
          if (kind === 'startup' && container.probed) this.tellStarted(container);
          if (kind === 'readiness') this.tellStatus();
          this.wake();
        },
      },
      containersOf(this.state),
    );
  }

  /** That a container has started is written into the status as it was told last; that it is ready comes with the next sync. */
  private tellStarted({ name }: ContainerState): void {
    if (!this.computed) return;
    this.computed = withStarted(this.computed, name);
    this.writer.write(this.computed);
    if (this.course.tellsStartApart) this.writer.flush();
  }
}

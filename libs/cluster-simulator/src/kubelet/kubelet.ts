import type { Clock } from '../api/clock.js';
import type { ApiReach, Outage } from '../api/outage.js';
import type { KubeObject, StoredObject } from '../api/kube-object.js';
import { fieldAt, isFields, listAt, textAt } from '../api/kube-object.js';
import { EventRecorder } from './event-recorder.js';
import { NodeImages } from './images.js';
import type { Course, Node } from './node.js';
import { courseAnnotation } from './node.js';
import { misplaced, reject, shuttingDown, tooLow } from './admission.js';
import { tellReady } from './node-conditions.js';
import { tellOfNode } from './node-events.js';
import { nodeObject } from './node-object.js';
import type { Stopped } from './pod-state.js';
import { PodWorker } from './pod-worker.js';
import { Pressures } from './pressures.js';
import type { Random } from './random.js';
import type { Change, Draft, Store } from './store.js';
import { isStatic, mirrorOf } from './mirrors.js';
import { StaticPods } from './static-pods.js';
import { StatusManager } from './status-manager.js';
import type { Truth } from './truth.js';
import { retellEnded } from './takeover.js';
import { shapes, type KubeletVersion } from './versions.js';

/** What a kubelet is made of. */
export type KubeletOptions = Readonly<{
  store: Store;
  clock: Clock;
  outage: Outage;
  random: Random;
  truth: Truth;
  name: string;
  /** Which node this is, from 1: its addresses follow from it. */
  ordinal: number;
  busy: boolean;
  version: KubeletVersion;
  /** The images that the node has from the beginning. */
  imagesThere: readonly string[];
  /** The course that a scenario decided for a pod, if any. */
  courseOf?: (pod: StoredObject, version: KubeletVersion) => Course | undefined;
}>;

const lookEveryMs = 1000;
const acceptMs = 8;
const bootMs = 2000;

function annotatedCourse(pod: StoredObject): Course {
  const text = pod.metadata.annotations?.[courseAnnotation];
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Course;
  } catch {
    return {};
  }
}

/** A node's kubelet with its container runtime: it plays the pods that are bound to it. The kubelet can be stopped and started; what runs lives on. */
export class Kubelet {
  private readonly workers = new Map<string, PodWorker>();
  private readonly images: NodeImages;
  private readonly machineId: string;
  /** What its pods have of its present process. */
  node: Node;
  private bootId: string;
  private readonly statics = new StaticPods({
    node: () => this.node,
    begin: (pod) => this.accept(pod),
    forget: (pod) => void this.workers.delete(pod.metadata.uid),
  });
  private isUp = true;
  private isShuttingDown = false;
  private cutUntil = 0;
  /** What its node runs low on. */
  readonly pressures: Pressures;
  private pods = 1;

  constructor(private readonly options: KubeletOptions) {
    const { random } = options;
    this.images = new NodeImages(options.imagesThere);
    this.pressures = new Pressures(options.clock);
    this.node = this.process();
    this.bootId = random.identities.uuid();
    this.machineId = random.identities.hex(32);
  }

  /** What the pods of the node have of this process of the kubelet. */
  private process(): Node {
    const { store, clock, random, truth, name, ordinal, busy, courseOf, version } = this.options;
    const lookAt = clock.now() + random.between(0, lookEveryMs);
    const { api } = this;
    const events = {
      component: 'kubelet',
      host: name,
      about: 'pods',
      over: { api, random: random.branch('events') },
    } as const;
    return {
      store,
      clock,
      busy,
      random,
      truth,
      name,
      ip: `192.0.2.${ordinal + 1}`,
      events: new EventRecorder(store, clock, events),
      shapes: shapes[version],
      api,
      statuses: new StatusManager(clock, api),
      images: this.images,
      nextPodIp: () => this.nextPodIp(ordinal),
      courseOf: (pod) => courseOf?.(pod, version) ?? annotatedCourse(pod),
      untilNextLook: () => lookEveryMs - ((clock.now() - lookAt) % lookEveryMs) + random.between(2, 20),
      untilNextTick: (fromMs) => lookEveryMs - ((clock.now() + fromMs - lookAt) % lookEveryMs),
    };
  }

  /** The node's name. */
  get name(): string {
    return this.node.name;
  }

  /** The cluster's clock. */
  get clock(): Clock {
    return this.node.clock;
  }

  /** Whether the API hears of it now: its process is there and gets through. */
  get isHeard(): boolean {
    return this.isUp && this.api.reach() === 'answers';
  }

  /** Whether the kubelet's process is there. */
  get isRunning(): boolean {
    return this.isUp;
  }

  /** All that runs on the node dies. */
  killAll(): void {
    for (const { runtime } of this.workers.values()) runtime.killAll();
  }

  private readonly api: ApiReach = {
    reach: () => (this.clock.now() < this.cutUntil ? 'refuses' : this.options.outage.reach),
    whenAnswering: (task) => {
      const leftMs = this.cutUntil - this.clock.now();
      if (leftMs > 0) this.clock.after(leftMs, () => this.api.whenAnswering(task));
      else this.options.outage.whenAnswering(task);
    },
  };

  /** The API cannot be reached for so long. The kubelet goes on, hears nothing, and writes what it knows then afterwards. */
  cutFromApi(forMs: number): void {
    const until = this.clock.now() + forMs;
    this.cutUntil = Math.max(this.cutUntil, until);
    this.clock.after(forMs, () => this.hearAgain());
  }

  /** What happened meanwhile, as the list tells it that comes first after a cut, or after an outage of the API. */
  hearAgain(): void {
    if (!this.isUp || this.api.reach() !== 'answers') return;
    for (const [uid, worker] of this.workers) {
      const { namespace = '', name } = worker.bound.metadata;
      if (!isStatic(worker.bound) && this.node.store.get('pods', { namespace, name })?.metadata.uid !== uid)
        this.onPod({ type: 'DELETED', resource: 'pods', object: worker.bound });
    }
    tellReady(this.node);
    for (const object of this.node.store.list('pods')) this.onPod({ type: 'MODIFIED', resource: 'pods', object });
  }

  /** Makes the node known, and takes up the pods that are already bound to it. */
  start(): void {
    const { store, clock, name, ip } = this.node;
    const { bootId, machineId } = this;
    store.create(
      'nodes',
      nodeObject({ name, ip, bootId, machineId, release: this.node.shapes.release, now: clock.now() }),
      { manager: 'kubelet' },
    );
    this.takeUpPods();
  }

  /** Ends the kubelet's process as SIGKILL does: containers live on, and nothing is told of them. */
  stopKubelet(): void {
    if (!this.isUp) return;
    this.isUp = false;
    for (const worker of this.workers.values()) worker.die();
  }

  /** Takes no pods any longer, until it is started again. */
  refusePods(): void {
    this.isShuttingDown = true;
  }

  /** The pods that it works on, as it got them. */
  get boundPods(): StoredObject[] {
    return [...this.workers.values()].map(({ bound }) => bound);
  }

  /** Whether that pod is here and is not ending. */
  holds(podUid: string): boolean {
    const worker = this.workers.get(podUid);
    return this.isUp && worker !== undefined && !worker.ends;
  }

  /**
   * Stops a pod for the sake of the node.
   *
   * @returns whether that pod is here, and was not ending already
   */
  stopPod(podUid: string, why: Stopped): boolean {
    if (!this.holds(podUid)) return false;
    this.workers.get(podUid)?.stopFor(why);
    return true;
  }

  /** Starts the kubelet's process again. What it knew and nobody else did is forgotten: reasons, back-offs, the events that it counted. */
  startKubelet(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.node = this.process();
    if (this.isShuttingDown) this.bootId = this.options.random.identities.uuid();
    const hasBooted = this.isShuttingDown;
    this.isShuttingDown = false;
    const { node } = this;
    node.api.whenAnswering(() => {
      if (!this.isUp || node !== this.node) return;
      if (hasBooted) this.tellBoot();
      tellReady(node);
      this.takeUpPods();
    });
  }

  /** Everything on the node dies at once; a moment later it is up again, with another boot id. */
  reboot(): void {
    this.stopKubelet();
    this.killAll();
    this.bootId = this.options.random.identities.uuid();
    this.isShuttingDown = false;
    this.pressures.clear();
    this.node.clock.after(bootMs, () => {
      this.api.whenAnswering(() => this.tellBoot());
      this.startKubelet();
    });
  }

  /** Whether that pod is here and has a sandbox that lives. */
  hasSandbox(podUid: string): boolean {
    return this.workers.get(podUid)?.runtime.hasSandbox ?? false;
  }

  /**
   * Kills a pod's sandbox, as a crashed runtime would.
   *
   * @returns whether that pod is here and has one
   */
  killSandbox(podUid: string): boolean {
    const runtime = this.workers.get(podUid)?.runtime;
    if (!runtime?.hasSandbox) return false;
    runtime.killSandbox();
    return true;
  }

  /** Puts a manifest into the node's folder of static pods, over the one that is there; without one the file is removed. */
  placeStaticPod(file: string, manifest: KubeObject | undefined): void {
    this.statics.place(file, manifest);
  }

  onPod(change: Change): void {
    const { type, object } = change;
    if (!this.isUp || this.api.reach() !== 'answers' || this.statics.onMirror(change)) return;
    const { uid } = object.metadata;
    const worker = this.workers.get(uid);
    if (type === 'DELETED') {
      worker?.onGone();
      this.workers.delete(uid);
    } else if (worker) {
      if (object.metadata.generation !== worker.generation) worker.onChange();
      else worker.onConditions();
    } else if (textAt(object, 'spec', 'nodeName') === this.node.name && !this.isFinished(object)) {
      this.admit(object);
    }
  }

  /** What the container's present instance (or the one before it) has printed; `undefined` if there is none here. */
  logs(podUid: string, container: string, previous: boolean): string | undefined {
    return this.workers.get(podUid)?.runtime.logs(container, previous);
  }

  private takeUpPods(): void {
    const { store } = this.node;
    for (const [uid, worker] of this.workers) {
      const { namespace = '', name } = worker.bound.metadata;
      if (isStatic(worker.bound)) this.accept(worker.bound);
      if (isStatic(worker.bound) || store.get('pods', { namespace, name })?.metadata.uid === uid) continue;
      worker.onGone();
      this.workers.delete(uid);
    }
    for (const pod of store.list('pods')) {
      if (mirrorOf(pod) !== undefined || textAt(pod, 'spec', 'nodeName') !== this.node.name) continue;
      if (!this.isFinished(pod)) this.admit(pod);
      else if (pod.metadata.deletionTimestamp === undefined) this.retell(pod);
    }
  }

  /** A kubelet that starts writes the status of pods that have ended anew, of what is left of them. */
  private retell(pod: StoredObject): void {
    const { clock } = this.node;
    clock.after(acceptMs, () =>
      this.api.whenAnswering(() => retellEnded(this.node, pod, this.workers.get(pod.metadata.uid))),
    );
  }

  private admit(pod: StoredObject): void {
    const { clock } = this.node;
    const why = this.isShuttingDown
      ? shuttingDown
      : (tooLow(pod, this.pressures.present) ??
        misplaced(pod, this.node.store.get('nodes', { namespace: '', name: this.node.name })));
    if (why !== undefined && !this.workers.has(pod.metadata.uid))
      return void clock.after(acceptMs, () => this.api.whenAnswering(() => reject(this.node, pod, why)));
    this.accept(pod);
  }

  private accept(pod: StoredObject): PodWorker {
    const { clock } = this.node;
    const worker = new PodWorker(this.node, pod, this.workers.get(pod.metadata.uid));
    this.workers.set(pod.metadata.uid, worker);
    clock.after(acceptMs, () => worker.begin());
    const deadline = fieldAt(pod, 'spec', 'activeDeadlineSeconds');
    if (typeof deadline !== 'number') return worker;
    const leftMs = worker.state.startedAt + deadline * 1000 - clock.now();
    clock.after(Math.max(0, acceptMs + leftMs), () => worker.onDeadline());
    return worker;
  }

  private tellBoot(): void {
    const { store, name } = this.node;
    const { bootId } = this;
    const edit = (draft: Draft): void => {
      const info = fieldAt(draft.status, 'nodeInfo');
      if (isFields(info)) info['bootID'] = bootId;
    };
    const node = store.updateStatus('nodes', { namespace: '', name }, edit, { manager: 'kubelet' });
    if (!node) return;
    tellOfNode(this.node, {
      type: 'Warning',
      reason: 'Rebooted',
      message: `Node ${name} has been rebooted, boot id: ${bootId}`,
    });
  }

  private isFinished(pod: StoredObject): boolean {
    return (
      ['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase')) || listAt(pod, 'spec', 'containers').length === 0
    );
  }

  private nextPodIp(ordinal: number): string {
    const host = this.pods++ % 65_000;
    return `10.${243 + (ordinal % 12)}.${Math.floor(host / 250)}.${(host % 250) + 2}`;
  }
}

import type { Clock } from '../api/clock.js';
import type { StoredObject } from '../api/kube-object.js';
import { fieldAt, listAt, textAt } from '../api/kube-object.js';
import { EventRecorder } from './event-recorder.js';
import { NodeImages } from './images.js';
import type { Course, Node } from './node.js';
import { courseAnnotation } from './node.js';
import { nodeObject } from './node-object.js';
import { PodWorker } from './pod-worker.js';
import type { Random } from './random.js';
import type { Change, Store } from './store.js';
import type { Truth } from './truth.js';

/** What a kubelet is made of. */
export type KubeletOptions = Readonly<{
  store: Store;
  clock: Clock;
  random: Random;
  truth: Truth;
  name: string;
  /** Which node this is, from 1: its addresses follow from it. */
  ordinal: number;
  busy: boolean;
  /** The course that a scenario decided for a pod, if any. */
  courseOf?: (pod: StoredObject) => Course | undefined;
}>;

const lookEveryMs = 1000;
const acceptMs = 8;

function annotatedCourse(pod: StoredObject): Course {
  const text = pod.metadata.annotations?.[courseAnnotation];
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Course;
  } catch {
    return {};
  }
}

/** A kubelet 1.36 with its container runtime: it plays the pods that are bound to its node. */
export class Kubelet {
  private readonly workers = new Map<string, PodWorker>();
  private readonly node: Node;
  private pods = 1;

  constructor(options: KubeletOptions) {
    const { store, clock, random, truth, name, ordinal, busy, courseOf } = options;
    const lookAt = clock.now() + random.between(0, lookEveryMs);
    this.node = {
      store,
      clock,
      busy,
      random,
      truth,
      name,
      ip: `192.0.2.${ordinal + 1}`,
      events: new EventRecorder(store, clock, { component: 'kubelet', host: name, about: 'pods' }),
      images: new NodeImages(),
      nextPodIp: () => this.nextPodIp(ordinal),
      courseOf: (pod) => courseOf?.(pod) ?? annotatedCourse(pod),
      untilNextLook: () => lookEveryMs - ((clock.now() - lookAt) % lookEveryMs) + random.between(2, 20),
    };
  }

  /** Makes the node known, and takes up the pods that are already bound to it. */
  start(): void {
    const { store, clock, random, name, ip } = this.node;
    store.create(
      'nodes',
      nodeObject({
        name,
        ip,
        bootId: random.identities.uuid(),
        machineId: random.identities.hex(32),
        now: clock.now(),
      }),
      { manager: 'kubelet' },
    );
    for (const pod of store.list('pods')) this.onPod({ type: 'ADDED', resource: 'pods', object: pod });
  }

  onPod({ type, object }: Change): void {
    const { uid } = object.metadata;
    const worker = this.workers.get(uid);
    if (type === 'DELETED') {
      worker?.onGone();
      this.workers.delete(uid);
    } else if (worker) {
      if (object.metadata.generation !== worker.generation) worker.onChange();
    } else if (textAt(object, 'spec', 'nodeName') === this.node.name && !this.isFinished(object)) {
      this.accept(object);
    }
  }

  /** What the container's present instance (or the one before it) has printed; `undefined` if there is none here. */
  logs(podUid: string, container: string, previous: boolean): string | undefined {
    return this.workers.get(podUid)?.runtime.logs(container, previous);
  }

  /** How many pods it holds. */
  get podCount(): number {
    return this.workers.size;
  }

  private accept(pod: StoredObject): void {
    const worker = new PodWorker(this.node, pod);
    this.workers.set(pod.metadata.uid, worker);
    this.node.clock.after(acceptMs, () => worker.onChange());
    const deadline = fieldAt(pod, 'spec', 'activeDeadlineSeconds');
    if (typeof deadline === 'number') this.node.clock.after(acceptMs + deadline * 1000, () => worker.onDeadline());
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

import type { Clock } from '../api/clock.js';
import type { StoredObject } from '../api/kube-object.js';
import { fieldAt, textAt } from '../api/kube-object.js';
import type { EventRecorder } from './event-recorder.js';
import type { NodeImages } from './images.js';
import type { ApiReach } from '../api/outage.js';
import type { Random } from './random.js';
import type { Store } from './store.js';
import type { Truth } from './truth.js';
import type { StatusManager } from './status-manager.js';
import type { Shapes } from './versions.js';

/** What is decided of a pod beyond its commands: what a node, not a container, does wrong, and how the kubelet happened to be woken. */
export type Course = Readonly<{
  /** How often the sandbox cannot be created, and what the network plugin says. */
  sandbox?: Readonly<{ fails: number; message: string }>;
  /** The first telling of the pod is overtaken by that of its sandbox. */
  beginningHushed?: boolean;
  /** Cycles, from 1, in which the sandbox's own write is overtaken by that of the first container (recorded for 4 of 130 pods). */
  sandboxHushed?: readonly number[];
  /** That the sandbox is gone is told before the phase says that the pod has ended. */
  sandboxEndTold?: boolean;
  /** That a sidecar has started is written before the kubelet knows it to be ready: two writes, milliseconds apart. */
  startToldApart?: boolean;
  /** The longest crash back-off, where the kubelet was told another than five minutes (`crashLoopBackOff.maxContainerRestartPeriod`). */
  longestBackOffMs?: number;
  containers?: Readonly<Record<string, ContainerCourse>>;
}>;

export type ContainerCourse = Readonly<{
  /** Attempts after whose failure something else wakes the kubelet a second later: their back-off is told at once. */
  wokenAfter?: readonly number[];
  /** Attempts during which something else wakes the kubelet, a second after their start. */
  wokenDuring?: readonly number[];
  /** Attempts that a look finds right after their start, which are over before the next. */
  seenAtOnce?: readonly number[];
  /** Attempts that begin before the telling of the back-off before them was written. */
  hushedBefore?: readonly number[];
  /** Attempts that are never told to run: their end, or what follows it, is written first. */
  startsHushed?: readonly number[];
  /** Attempts whose end is missed by the look that should have found it, and found by the next. */
  endsMissed?: readonly number[];
  /** When its pod is stopped for the sake of the node, its instance is removed before the kubelet sees how it ended. */
  removedUnseen?: boolean;
  /** Attempts whose end is written only with the start of what follows it. */
  endsHushed?: readonly number[];
  /** By attempt: how much longer than its back-off the kubelet waits after that failure, from 1 to 1.5; its own chance unless told. */
  stretchAfter?: Readonly<Record<number, number>>;
  /** Milliseconds between the end of one try to start it and the next, always or by attempt; the kubelet's own chance unless told. */
  everyMs?: number | Readonly<Record<number, number>>;
}>;

/** Where a pod may carry its course as JSON. */
export const courseAnnotation = 'simulator.initledger.io/course';

/** All that the pods of one node share. */
export type Node = Readonly<{
  name: string;
  ip: string;
  store: Store;
  clock: Clock;
  /** Whether now and then one write overtakes another. */
  busy: boolean;
  random: Random;
  truth: Truth;
  /** What its kubelet's version makes of all that. */
  shapes: Shapes;
  events: EventRecorder;
  images: NodeImages;
  api: ApiReach;
  statuses: StatusManager;
  nextPodIp(): string;
  /** The course that a scenario gave this pod. */
  courseOf(pod: StoredObject): Course;
  /** Milliseconds until the kubelet looks at the runtime next: it does so once a second. */
  untilNextLook(): number;
  /** Milliseconds from so many ahead until the kubelet takes up what is due: it does so once a second. */
  untilNextTick(fromMs: number): number;
}>;

/** Whether a Service of this name exists, and, with `listening`, a ready pod behind it. */
export function serviceExists(store: Store, at: { namespace: string; name: string }, listening: boolean): boolean {
  const service = store.get('services', at);
  if (!service) return false;
  if (!listening) return true;
  const selector = fieldAt(service, 'spec', 'selector') ?? {};
  return store.list('pods', at.namespace).some((pod) => {
    const labels = pod.metadata.labels ?? {};
    const chosen = Object.entries(selector).every(([key, value]) => labels[key] === value);
    return chosen && textAt(pod, 'status', 'phase') === 'Running' && pod.metadata.deletionTimestamp === undefined;
  });
}

import type { Clock } from '../api/clock.js';
import type { StoredObject } from '../api/kube-object.js';
import type { Random } from '../kubelet/random.js';
import type { Store } from '../kubelet/store.js';

const reporter = 'default-scheduler';
const writer = { manager: 'kube-scheduler', apiVersion: 'events.k8s.io/v1' };
const forgetAfterMs = 360_000;

/** What happened to a pod; `at` in milliseconds of the cluster's clock. */
export type SchedulerTold = Readonly<{ type: string; reason: string; message: string; action: string; at: number }>;

type Series = { namespace: string; name: string; count: number; lastAt: number };

const microseconds = (at: number): string =>
  `${new Date(at).toISOString().slice(0, -1)}${String(Math.floor((at % 1) * 1000)).padStart(3, '0')}Z`;

/**
 * The recorder of the newer API of events (client-go tools/events): what is said again of the same version of a pod within six minutes makes the event a
 * series, which is written once; what is counted after that, it keeps to itself for half an hour.
 */
export class SchedulerEvents {
  private readonly series = new Map<string, Series>();

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  tell(pod: StoredObject, told: SchedulerTold): void {
    const { uid, resourceVersion } = pod.metadata;
    this.forget();
    const key = [uid, resourceVersion, told.type, told.reason, told.action].join('|');
    const known = this.series.get(key);
    if (!known) return void this.series.set(key, this.create(pod, told));
    known.count += 1;
    known.lastAt = told.at;
    if (known.count > 2) return;
    const series = { count: known.count, lastObservedTime: microseconds(told.at) };
    this.store.update('events', known, (draft) => Object.assign(draft, { series }), writer);
  }

  private create(pod: StoredObject, { at, ...event }: SchedulerTold): Series {
    const { namespace = '', name, uid, resourceVersion } = pod.metadata;
    const eventName = `${name}.${(BigInt(Math.floor(at * 1000)) * 1000n + BigInt(this.random.whole(0, 999))).toString(16)}`;
    const body = {
      involvedObject: { kind: 'Pod', namespace, name, uid, apiVersion: 'v1', resourceVersion },
      reason: event.reason,
      message: event.message,
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      type: event.type,
      eventTime: microseconds(at),
      action: event.action,
      reportingComponent: reporter,
      reportingInstance: `${reporter}-vm`,
    };
    this.store.create('events', { metadata: { name: eventName, namespace }, ...body }, writer);
    return { namespace, name: eventName, count: 1, lastAt: at };
  }

  private forget(): void {
    for (const [key, { lastAt }] of this.series) {
      if (this.clock.now() - lastAt <= forgetAfterMs) return;
      this.series.delete(key);
    }
  }
}

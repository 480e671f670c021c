import type { ObjectStore } from '../api/object-store.js';
import type { Clock } from '../api/clock.js';
import type { Random } from '../kubelet/random.js';
import type { Change, Store } from '../kubelet/store.js';
import { Deployments } from './deployments.js';
import { GarbageCollector } from './garbage.js';
import { Jobs } from './jobs.js';
import { ReplicaSets } from './replica-sets.js';
import { Scheduler } from './scheduler.js';
import { StatefulSets } from './stateful-sets.js';

/** What the controllers are made of. */
export type ControllerOptions = Readonly<{
  store: Store;
  objects: ObjectStore;
  clock: Clock;
  random: Random;
  eventTtlMs?: number;
}>;

/** The scheduler and the controller manager: what turns workloads into pods and pods into pods with a node. */
export class Controllers {
  private readonly scheduler: Scheduler;
  private readonly garbage: GarbageCollector;
  private readonly all: readonly { onChange(change: Change): void }[];

  constructor({ store, objects, clock, random, eventTtlMs }: ControllerOptions) {
    const tools = { store, clock };
    this.scheduler = new Scheduler(store, clock, random);
    this.garbage = new GarbageCollector(store, objects, clock, eventTtlMs);
    this.all = [new Deployments(tools), new ReplicaSets(tools), new StatefulSets(tools), new Jobs(tools), this.garbage];
  }

  start(): void {
    this.garbage.start();
  }

  stop(): void {
    this.garbage.stop();
  }

  onChange(change: Change): void {
    if (change.resource === 'events') return;
    if (change.resource === 'pods') this.scheduler.onPod(change);
    for (const controller of this.all) controller.onChange(change);
  }
}

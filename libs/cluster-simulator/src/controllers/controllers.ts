import type { ObjectStore } from '../api/object-store.js';
import type { Clock } from '../api/clock.js';
import type { Random } from '../kubelet/random.js';
import type { Change, Store } from '../kubelet/store.js';
import { CronJobs } from './cron-jobs.js';
import { DaemonSets } from './daemon-sets.js';
import { Deployments } from './deployments.js';
import { GarbageCollector } from './garbage.js';
import { Jobs } from './jobs.js';
import { NodeLifecycle } from './node-lifecycle.js';
import { ReplicaSets } from './replica-sets.js';
import { Scheduler } from './scheduler.js';
import { StatefulSets } from './stateful-sets.js';

/** What the controllers are made of. */
export type ControllerOptions = Readonly<{
  store: Store;
  objects: ObjectStore;
  clock: Clock;
  random: Random;
  /** Whether a node's kubelet gets through to the API. */
  isHeard: (node: string) => boolean;
}>;

/** The scheduler and the controller manager: what turns workloads into pods and pods into pods with a node. */
export class Controllers {
  private readonly scheduler: Scheduler;
  private readonly all: readonly { onChange(change: Change): void }[];

  constructor({ store, objects, clock, random, isHeard }: ControllerOptions) {
    const tools = { store, clock };
    this.scheduler = new Scheduler(store, clock, random);
    this.all = [
      new Deployments(tools),
      new ReplicaSets(tools),
      new StatefulSets(tools),
      new Jobs(tools),
      new DaemonSets(tools),
      new CronJobs(tools),
      new NodeLifecycle(tools, isHeard),
      new GarbageCollector(store, objects, clock),
    ];
  }

  onChange(change: Change): void {
    if (change.resource === 'events') return;
    if (change.resource === 'pods') this.scheduler.onPod(change);
    if (change.resource === 'nodes') this.scheduler.onNode(change.object);
    for (const controller of this.all) controller.onChange(change);
  }
}

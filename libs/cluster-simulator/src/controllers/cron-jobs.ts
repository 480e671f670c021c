import type { Fields, StoredObject } from '../api/kube-object.js';
import { copyOf, fieldAt, isFields, listAt, textAt, wholeSeconds } from '../api/kube-object.js';
import { EventRecorder } from '../kubelet/event-recorder.js';
import type { Change } from '../kubelet/store.js';
import type { Tools } from './controller.js';
import { byControllers, controllerOf, ownedBy, ownerReference } from './controller.js';

const minuteMs = 60_000;

/** The Jobs of a CronJob that are kept when they are over (`successfulJobsHistoryLimit`). */
const kept = 3;

/**
 * Creates a CronJob's Jobs, by schedules of the form `* * * * *` and `*\/N * * * *`; others never fire here. A Job is named for its minute since the epoch.
 */
export class CronJobs {
  private readonly events: EventRecorder;
  private readonly running = new Set<string>();
  private readonly seen = new Set<string>();

  constructor(private readonly tools: Tools) {
    this.events = new EventRecorder(tools.store, tools.clock, {
      component: 'cronjob-controller',
      manager: byControllers.manager,
      about: 'cronjobs',
    });
  }

  onChange({ type, resource, object }: Change): void {
    const { uid, namespace = '', name } = object.metadata;
    if (resource === 'cronjobs') {
      if (type === 'DELETED') this.running.delete(uid);
      else if (!this.running.has(uid)) this.begin(uid, { namespace, name });
    } else if (resource === 'jobs' && type !== 'DELETED') this.onJob(object);
  }

  private begin(uid: string, at: { namespace: string; name: string }): void {
    this.running.add(uid);
    const fire = (): void => {
      if (!this.running.has(uid)) return;
      const cron = this.tools.store.get('cronjobs', at);
      if (cron?.metadata.uid === uid) this.create(cron);
      this.tools.clock.after(this.untilNextMinute(), fire);
    };
    this.tools.clock.after(this.untilNextMinute(), fire);
  }

  private untilNextMinute(): number {
    return minuteMs - (this.tools.clock.now() % minuteMs) + 3;
  }

  private create(cron: StoredObject): void {
    const minute = Math.floor(this.tools.clock.now() / minuteMs);
    const every = /^\*(?:\/(\d+))? \* \* \* \*$/.exec(textAt(cron, 'spec', 'schedule'));
    if (!every || minute % Number(every[1] ?? 1) !== 0 || fieldAt(cron, 'spec', 'suspend') === true) return;
    const { namespace = '', name } = cron.metadata;
    const spec = fieldAt(cron, 'spec', 'jobTemplate', 'spec');
    const scheduled = wholeSeconds(minute * minuteMs);
    const metadata = {
      name: `${name}-${minute}`,
      namespace,
      annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': scheduled },
      ownerReferences: [ownerReference('cronjobs', cron)],
    };
    const job = this.tools.store.create(
      'jobs',
      { metadata, spec: copyOf<Fields>(isFields(spec) ? spec : {}) },
      byControllers,
    );
    if (job) this.tell(cron, 'SuccessfulCreate', `Created job ${job.metadata.name}`);
  }

  private onJob(job: StoredObject): void {
    const owner = controllerOf(job);
    const { uid, namespace = '' } = job.metadata;
    const over = listAt(job, 'status', 'conditions').map((one) => textAt(one, 'type'));
    const how = over.find((type) => type === 'Complete' || type === 'Failed');
    if (owner?.kind !== 'CronJob' || how === undefined || this.seen.has(uid)) return;
    const cron = this.tools.store.get('cronjobs', { namespace, name: owner.name });
    if (cron?.metadata.uid !== owner.uid) return;
    this.seen.add(uid);
    this.tell(cron, 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${how}`);
    const old = ownedBy(this.tools.store, cron, 'jobs').filter((one) => this.seen.has(one.metadata.uid));
    for (const { metadata } of old.slice(0, -kept)) {
      this.seen.delete(metadata.uid);
      this.tools.store.delete('jobs', { namespace, name: metadata.name });
    }
  }

  private tell(cron: StoredObject, reason: string, message: string): void {
    this.events.tell(cron, { type: 'Normal', reason, message });
  }
}

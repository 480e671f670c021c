import type { Fields, KubeObject, StoredObject } from '../api/kube-object.js';
import { fieldAt, isFields, listAt, textAt, wholeSeconds } from '../api/kube-object.js';
import { EventRecorder } from '../kubelet/event-recorder.js';
import type { Change } from '../kubelet/store.js';
import type { Tools } from './controller.js';
import { WorkQueue, byControllers, controllerOf, isPodReady, numberAt, ownedBy, podFrom } from './controller.js';

const tracking = 'batch.kubernetes.io/job-tracking';
const firstBackOffMs = 10_000;
const noticeMs = 1000;

/** How often the containers of pods that retry by themselves have been restarted. */
const restartsOf = (pods: readonly StoredObject[]): number =>
  pods
    .filter((pod) => textAt(pod, 'spec', 'restartPolicy') === 'OnFailure')
    .flatMap((pod) => [
      ...listAt(pod, 'status', 'initContainerStatuses'),
      ...listAt(pod, 'status', 'containerStatuses'),
    ])
    .reduce<number>((sum, one) => sum + numberAt(one, 0, 'restartCount'), 0);

/** Runs Jobs: so many pods to success, with new ones for those that failed, up to `backoffLimit`. */
export class Jobs {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;
  private readonly notBefore = new Map<string, number>();
  private readonly givenUp = new Map<string, 'noticed' | 'stopped'>();

  constructor(private readonly tools: Tools) {
    this.queue = new WorkQueue(tools, 'jobs', (job) => this.reconcile(job));
    this.events = new EventRecorder(tools.store, tools.clock, {
      component: 'job-controller',
      manager: byControllers.manager,
      about: 'jobs',
    });
  }

  onChange(change: Change): void {
    this.queue.onChange(change, 'Job');
    if (change.resource === 'pods' && change.type === 'MODIFIED') this.releaseOrphan(change.object);
  }

  private reconcile(job: StoredObject): void {
    if (this.isOver(job)) {
      this.notBefore.delete(job.metadata.uid);
      this.givenUp.delete(job.metadata.uid);
      return;
    }
    const pods = ownedBy(this.tools.store, job, 'pods');
    const failedNow = pods.filter((pod) => this.isCounted(pod, 'Failed'));
    const succeededNow = pods.filter((pod) => this.isCounted(pod, 'Succeeded'));
    const failed = numberAt(job, 0, 'status', 'failed') + failedNow.length;
    const succeeded = numberAt(job, 0, 'status', 'succeeded') + succeededNow.length;
    const active = pods.filter((pod) => !['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase')));
    const wanted = Math.min(
      numberAt(job, 1, 'spec', 'parallelism'),
      numberAt(job, 1, 'spec', 'completions') - succeeded,
    );
    const limit = numberAt(job, 6, 'spec', 'backoffLimit');
    if (active.length > 0 && restartsOf(active) >= Math.max(limit, 1)) return this.giveUp(job, active, failed);
    const over =
      failed > limit || this.givenUp.get(job.metadata.uid) === 'stopped'
        ? 'Failed'
        : wanted <= 0 && active.length === 0
          ? 'Complete'
          : undefined;
    this.tellStatus(job, { active, failed, succeeded, over });
    for (const pod of [...failedNow, ...succeededNow]) this.release(pod);
    if (over === 'Failed') for (const pod of active) this.stop(pod);
    if (over || active.length >= wanted) return;
    if (failedNow.length > 0) this.later(job, failed);
    else if (this.mayCreate(job, failed)) for (let i = active.length; i < wanted; i++) this.create(job);
  }

  /** Pods that retry by themselves have done so as often as the Job allows: a second later they are stopped, and the Job fails when they are gone. */
  private giveUp(job: StoredObject, active: readonly StoredObject[], failed: number): void {
    const { uid, namespace = '', name } = job.metadata;
    if (!this.givenUp.has(uid)) {
      this.givenUp.set(uid, 'noticed');
      this.notBefore.set(uid, this.tools.clock.now() + noticeMs);
      this.tools.clock.after(noticeMs + 1, () => this.queue.add(namespace, name));
    } else if (this.givenUp.get(uid) === 'noticed' && (this.notBefore.get(uid) ?? 0) <= this.tools.clock.now()) {
      this.givenUp.set(uid, 'stopped');
      for (const pod of active) {
        this.stop(pod);
        const message = `Deleted pod: ${pod.metadata.name}`;
        this.events.tell(job, { type: 'Normal', reason: 'SuccessfulDelete', message });
        this.release(pod);
      }
      this.tellStatus(job, { active: [], failed: failed + active.length, succeeded: 0, over: undefined });
    }
  }

  private isOver(job: StoredObject): boolean {
    const conditions = fieldAt(job, 'status', 'conditions');
    return Array.isArray(conditions) && conditions.some((one) => ['Complete', 'Failed'].includes(textAt(one, 'type')));
  }

  private isCounted(pod: StoredObject, phase: string): boolean {
    return textAt(pod, 'status', 'phase') === phase && (pod.metadata.finalizers ?? []).includes(tracking);
  }

  private mayCreate(job: StoredObject, failed: number): boolean {
    return failed === 0 || (this.notBefore.get(job.metadata.uid) ?? 0) <= this.tools.clock.now();
  }

  /** A failed pod is replaced after 10 s, then 20 s, 40 s, … */
  private later({ metadata: { uid, namespace = '', name } }: StoredObject, failed: number): void {
    const delayMs = Math.min(firstBackOffMs * 2 ** (failed - 1), 600_000);
    this.notBefore.set(uid, this.tools.clock.now() + delayMs);
    this.tools.clock.after(delayMs + 1, () => this.queue.add(namespace, name));
  }

  private create(job: StoredObject): void {
    const { name, uid } = job.metadata;
    const labels = {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'job-name': name,
    };
    const made: KubeObject = podFrom(job, 'jobs', { generateName: `${name}-`, labels });
    made.metadata.finalizers = [tracking];
    const pod = this.tools.store.create('pods', made, byControllers);
    if (pod)
      this.events.tell(job, {
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: `Created pod: ${pod.metadata.name}`,
      });
  }

  private stop({ metadata: { namespace = '', name } }: StoredObject): void {
    this.tools.store.delete('pods', { namespace, name });
  }

  /** A pod whose Job is gone is kept by nobody: its finalizer goes when it has ended. */
  private releaseOrphan(pod: StoredObject): void {
    const owner = controllerOf(pod);
    const ended = this.isCounted(pod, 'Failed') || this.isCounted(pod, 'Succeeded');
    if (!ended || owner?.kind !== 'Job') return;
    const job = this.tools.store.get('jobs', { namespace: pod.metadata.namespace ?? '', name: owner.name });
    if (job?.metadata.uid !== owner.uid) this.release(pod);
  }

  private release({ metadata: { namespace = '', name } }: StoredObject): void {
    const edit = (draft: KubeObject): void => {
      const left = (draft.metadata.finalizers ?? []).filter((one) => one !== tracking);
      if (left.length > 0) draft.metadata.finalizers = left;
      else delete draft.metadata.finalizers;
    };
    this.tools.store.update('pods', { namespace, name }, edit, byControllers);
  }

  private tellStatus(
    job: StoredObject,
    {
      active,
      failed,
      succeeded,
      over,
    }: { active: StoredObject[]; failed: number; succeeded: number; over: 'Failed' | 'Complete' | undefined },
  ): void {
    const { namespace = '', name } = job.metadata;
    const now = wholeSeconds(this.tools.clock.now());
    const words =
      over === 'Failed'
        ? { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
        : { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
    const condition = { type: over, status: 'True', lastProbeTime: now, lastTransitionTime: now, ...words };
    const before = fieldAt(job, 'status');
    const status: Fields = {
      startTime: (isFields(before) && before['startTime']) || now,
      ...(over ? { conditions: [condition] } : {}),
      ...(over === 'Complete' ? { completionTime: now } : {}),
      ...(active.length > 0 ? { active: active.length } : {}),
      ...(succeeded > 0 ? { succeeded } : {}),
      ...(failed > 0 ? { failed } : {}),
      terminating: 0,
      uncountedTerminatedPods: {},
      ready: active.filter(isPodReady).length,
    };
    this.tools.store.updateStatus('jobs', { namespace, name }, (draft) => void (draft.status = status), byControllers);
    if (over === 'Complete') this.events.tell(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' });
    if (over === 'Failed') this.events.tell(job, { type: 'Warning', reason: words.reason, message: words.message });
  }
}

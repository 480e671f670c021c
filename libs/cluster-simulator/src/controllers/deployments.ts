import type { Fields, KubeObject, StoredObject } from '../api/kube-object.js';
import { copyOf, fieldAt, isFields, wholeSeconds } from '../api/kube-object.js';
import { EventRecorder } from '../kubelet/event-recorder.js';
import { Random } from '../kubelet/random.js';
import type { Change } from '../kubelet/store.js';
import type { Tools } from './controller.js';
import { WorkQueue, byControllers, numberAt, ownedBy, ownerReference } from './controller.js';

const revisionKey = 'deployment.kubernetes.io/revision';
const keptRevisions = 3;

/** The pod-template-hash of a template: the same template, the same hash. */
const hashOf = (template: unknown): string => new Random(11).branch(JSON.stringify(template)).identities.suffix(10);

function share(value: unknown, of: number, round: (n: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(typeof value === 'string' ? value : '25%');
  return round((of * Number(percent?.[1] ?? 25)) / 100);
}

/** Rolls Deployments: a ReplicaSet for each template, the new one scaled up and the old ones down within surge and unavailability. */
export class Deployments {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;

  constructor(private readonly tools: Tools) {
    this.queue = new WorkQueue(tools, 'deployments', (deployment) => this.reconcile(deployment));
    this.events = new EventRecorder(tools.store, tools.clock, {
      component: 'deployment-controller',
      manager: byControllers.manager,
      about: 'deployments',
    });
  }

  onChange(change: Change): void {
    this.queue.onChange(change, 'Deployment');
  }

  private reconcile(deployment: StoredObject): void {
    const sets = ownedBy(this.tools.store, deployment, 'replicasets');
    const hash = hashOf(fieldAt(deployment, 'spec', 'template'));
    const current = sets.find(({ metadata }) => metadata.labels?.['pod-template-hash'] === hash);
    const old = sets.filter((one) => one !== current);
    if (current) this.roll(deployment, current, old);
    else this.create(deployment, hash, old);
    this.tellStatus(deployment);
    this.forgetOld(old);
  }

  private create(deployment: StoredObject, hash: string, old: readonly StoredObject[]): void {
    const desired = numberAt(deployment, 1, 'spec', 'replicas');
    const { name, namespace = '' } = deployment.metadata;
    const template = copyOf(fieldAt(deployment, 'spec', 'template'));
    const labels = { ...this.labelsOf(deployment), 'pod-template-hash': hash };
    const metadata = { ...(isFields(template) && isFields(template['metadata']) ? template['metadata'] : {}), labels };
    const replicas = old.some((one) => replicasOf(one) > 0)
      ? Math.max(0, Math.min(desired, this.ceiling(deployment) - total(old)))
      : desired;
    const set: KubeObject = {
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: {
          'deployment.kubernetes.io/desired-replicas': String(desired),
          'deployment.kubernetes.io/max-replicas': String(this.ceiling(deployment)),
          [revisionKey]: String(this.nextRevision(old)),
        },
        ownerReferences: [ownerReference('deployments', deployment)],
      },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { ...(isFields(template) ? template : {}), metadata },
      },
      status: { replicas: 0 },
    };
    this.tools.store.create('replicasets', set, byControllers);
    this.annotate(deployment, this.nextRevision(old));
    if (replicas > 0) this.tellScaled(deployment, { name: `${name}-${hash}`, from: 0, to: replicas });
  }

  /** One step of a rolling update (k/k:pkg/controller/deployment/rolling.go). */
  private roll(deployment: StoredObject, current: StoredObject, old: readonly StoredObject[]): void {
    const desired = numberAt(deployment, 1, 'spec', 'replicas');
    const known = Number(current.metadata.annotations?.[revisionKey] ?? 0);
    if (this.nextRevision(old) > known) this.setRevision(deployment, current, this.nextRevision(old));
    const room = this.ceiling(deployment) - total(old) - replicasOf(current);
    if (replicasOf(current) > desired) return this.scale(deployment, current, desired);
    if (replicasOf(current) < desired && room > 0)
      return this.scale(deployment, current, Math.min(desired, replicasOf(current) + room));
    const unavailable = share(
      fieldAt(deployment, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable'),
      desired,
      Math.floor,
    );
    const notReady = replicasOf(current) - availableOf(current);
    let spare = total(old) + replicasOf(current) - (desired - unavailable) - notReady;
    for (const set of old.toSorted((a, b) => availableOf(a) - availableOf(b))) {
      const unhealthy = replicasOf(set) - availableOf(set);
      const down = Math.min(replicasOf(set), Math.max(unhealthy, spare));
      if (replicasOf(set) === 0 || down <= 0) continue;
      spare -= down;
      this.scale(deployment, set, replicasOf(set) - down);
    }
  }

  private scale(
    deployment: StoredObject,
    { metadata: { name, namespace = '' }, ...set }: StoredObject,
    to: number,
  ): void {
    const from = numberAt(set, 0, 'spec', 'replicas');
    this.tools.store.update(
      'replicasets',
      { namespace, name },
      (draft) => void (draft.spec = { ...draft.spec, replicas: to }),
      byControllers,
    );
    this.tellScaled(deployment, { name, from, to });
  }

  private tellScaled(deployment: StoredObject, { name, from, to }: { name: string; from: number; to: number }): void {
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`;
    this.events.tell(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }

  private setRevision(
    deployment: StoredObject,
    { metadata: { name, namespace = '' } }: StoredObject,
    revision: number,
  ): void {
    const edit = (draft: KubeObject): void => {
      const before = draft.metadata.annotations ?? {};
      draft.metadata.annotations = {
        ...before,
        [revisionKey]: String(revision),
        'deployment.kubernetes.io/revision-history': String(before[revisionKey]),
      };
    };
    this.tools.store.update('replicasets', { namespace, name }, edit, byControllers);
    this.annotate(deployment, revision);
  }

  private annotate({ metadata: { name, namespace = '' } }: StoredObject, revision: number): void {
    const edit = (draft: KubeObject): void =>
      void (draft.metadata.annotations = { ...draft.metadata.annotations, [revisionKey]: String(revision) });
    this.tools.store.update('deployments', { namespace, name }, edit, byControllers);
  }

  private tellStatus({ metadata: { name, namespace = '' } }: StoredObject): void {
    const deployment = this.tools.store.get('deployments', { namespace, name });
    if (!deployment) return;
    const sets = ownedBy(this.tools.store, deployment, 'replicasets');
    const hash = hashOf(fieldAt(deployment, 'spec', 'template'));
    const available = sets.reduce((sum, one) => sum + availableOf(one), 0);
    const updated = sets.find(({ metadata }) => metadata.labels?.['pod-template-hash'] === hash);
    const replicas = sets.reduce((sum, one) => sum + numberAt(one, 0, 'status', 'replicas'), 0);
    const desired = numberAt(deployment, 1, 'spec', 'replicas');
    const status: Fields = {
      observedGeneration: deployment.metadata.generation,
      ...(replicas > 0 ? { replicas, updatedReplicas: numberAt(updated, 0, 'status', 'replicas') } : {}),
      ...(available > 0 ? { readyReplicas: available, availableReplicas: available } : {}),
      ...(available < desired ? { unavailableReplicas: desired - available } : {}),
      conditions: this.conditions(deployment, available >= desired),
    };
    this.tools.store.updateStatus(
      'deployments',
      { namespace, name },
      (draft) => void (draft.status = status),
      byControllers,
    );
  }

  private conditions(deployment: StoredObject, available: boolean): Fields[] {
    const [before] = (fieldAt(deployment, 'status', 'conditions') ?? []) as Fields[];
    const status = available ? 'True' : 'False';
    if (before?.['status'] === status) return [before];
    const at = wholeSeconds(this.tools.clock.now());
    const words = available
      ? ['MinimumReplicasAvailable', 'Deployment has minimum availability.']
      : ['MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'];
    return [
      { type: 'Available', status, lastUpdateTime: at, lastTransitionTime: at, reason: words[0], message: words[1] },
    ];
  }

  private forgetOld(old: readonly StoredObject[]): void {
    const empty = old.filter(
      (one) =>
        replicasOf(one) === 0 &&
        numberAt(one, 0, 'status', 'replicas') === 0 &&
        numberAt(one, 0, 'status', 'terminatingReplicas') === 0,
    );
    const byRevision = empty.toSorted(
      (a, b) => Number(b.metadata.annotations?.[revisionKey]) - Number(a.metadata.annotations?.[revisionKey]),
    );
    for (const { metadata } of byRevision.slice(keptRevisions))
      this.tools.store.delete('replicasets', { namespace: metadata.namespace ?? '', name: metadata.name });
  }

  private ceiling(deployment: StoredObject): number {
    const desired = numberAt(deployment, 1, 'spec', 'replicas');
    return desired + share(fieldAt(deployment, 'spec', 'strategy', 'rollingUpdate', 'maxSurge'), desired, Math.ceil);
  }

  private nextRevision(old: readonly StoredObject[]): number {
    return 1 + Math.max(0, ...old.map(({ metadata }) => Number(metadata.annotations?.[revisionKey] ?? 0)));
  }

  private labelsOf(deployment: StoredObject): Record<string, string> {
    const labels = fieldAt(deployment, 'spec', 'template', 'metadata', 'labels');
    return isFields(labels) ? (labels as Record<string, string>) : {};
  }
}

const replicasOf = (set: StoredObject): number => numberAt(set, 0, 'spec', 'replicas');
const availableOf = (set: StoredObject): number => numberAt(set, 0, 'status', 'availableReplicas');
const total = (sets: readonly StoredObject[]): number => sets.reduce((sum, one) => sum + replicasOf(one), 0);

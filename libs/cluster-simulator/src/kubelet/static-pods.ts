import { createHash } from 'node:crypto';
import { isFields, listAt, mirrorKey, type KubeObject, type StoredObject } from '../api/kube-object.js';
import { mirrorOf, sourceKey } from './mirrors.js';
import type { Node } from './node.js';
import type { PodWorker } from './pod-worker.js';
import type { Change } from './store.js';

/** What static pods need of their kubelet. */
export type StaticHost = Readonly<{
  node(): Node;
  /** Begins to work on a pod. */
  begin(pod: StoredObject): PodWorker;
  /** Forgets a pod that it has stopped. */
  forget(pod: StoredObject): void;
}>;

type Placed = Readonly<{ pod: StoredObject; worker: PodWorker }>;

const retireMs = 3000;

/** Pods from files on a node. The API knows each by its mirror, which the kubelet makes, and makes again when somebody deletes it. */
export class StaticPods {
  private readonly placed = new Map<string, Placed>();

  constructor(private readonly host: StaticHost) {}

  /** A file appears, changes, or (without a manifest) goes. */
  place(file: string, manifest: KubeObject | undefined): void {
    const known = this.placed.get(file);
    this.placed.delete(file);
    if (known) this.retire(known, () => manifest && this.begin(file, manifest));
    else if (manifest) this.begin(file, manifest);
  }

  /** Whether the change is about a mirror; if so it is seen to: one that is being deleted is made again. */
  onMirror({ type, object }: Change): boolean {
    const uid = mirrorOf(object);
    if (uid === undefined) return false;
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata;
    const known = [...this.placed.values()].find(({ pod }) => pod.metadata.uid === uid);
    if (!known || type !== 'MODIFIED' || deletionTimestamp === undefined || deletionGracePeriodSeconds === 0)
      return true;
    this.deleteMirror(known.pod);
    this.mirror(known.pod);
    known.worker.tellAgain();
    return true;
  }

  private begin(file: string, manifest: KubeObject): void {
    const pod = this.podFrom(manifest);
    this.mirror(pod);
    this.placed.set(file, { pod, worker: this.host.begin(pod) });
  }

  private podFrom(manifest: KubeObject): StoredObject {
    const { name } = this.host.node();
    const hash = createHash('md5').update(JSON.stringify(manifest)).digest('hex');
    const spec = isFields(manifest['spec']) ? manifest['spec'] : {};
    const tolerations = [...listAt(spec, 'tolerations'), { operator: 'Exists', effect: 'NoExecute' }];
    const annotations = {
      ...manifest.metadata.annotations,
      'kubernetes.io/config.hash': hash,
      'kubernetes.io/config.seen': this.seenAt(),
      [sourceKey]: 'file',
    };
    return {
      ...manifest,
      metadata: { ...manifest.metadata, name: `${manifest.metadata.name ?? ''}-${name}`, uid: hash, annotations },
      spec: { ...spec, nodeName: name, tolerations },
    } as unknown as StoredObject;
  }

  private seenAt(): string {
    return new Date(this.host.node().clock.now()).toISOString().replace('Z', '000000Z');
  }

  private mirror(pod: StoredObject): void {
    this.host.node().api.whenAnswering(() => this.createMirror(pod));
  }

  private createMirror(pod: StoredObject): void {
    const { store, name } = this.host.node();
    const node = store.get('nodes', { namespace: '', name });
    const { uid, name: podName, namespace, annotations, labels } = pod.metadata;
    const owner = { apiVersion: 'v1', kind: 'Node', name, uid: node?.metadata.uid ?? '', controller: true };
    const metadata = {
      name: podName,
      namespace: namespace ?? 'default',
      ...(labels ? { labels } : {}),
      annotations: { ...annotations, [mirrorKey]: uid },
      ownerReferences: [owner],
    };
    store.create('pods', { metadata, spec: pod['spec'] }, { manager: 'kubelet' });
  }

  private deleteMirror({ metadata: { namespace = '', name } }: StoredObject): void {
    const { api, store } = this.host.node();
    api.whenAnswering(() => store.delete('pods', { namespace, name }, { gracePeriodSeconds: 0 }));
  }

  /** The pod is stopped, and its mirror goes without a word of how its containers ended (recorded: static-pod). */
  private retire({ pod, worker }: Placed, then: () => void): void {
    worker.retire();
    this.host.node().clock.after(retireMs, () => {
      this.host.forget(pod);
      this.deleteMirror(pod);
      then();
    });
  }
}

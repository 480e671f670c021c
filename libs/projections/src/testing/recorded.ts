import type { KubeEvent, Observation, Parts, Via } from '#libs/init-history';
import { changedParts, partsOf, writesOf } from '#testing/init-history';
import type { RawPod } from '#testing/init-history';
import { clusterFrames, frames } from '../../../../test/recordings/reader.js';
import type { Line, Recording } from '../../../../test/recordings/reader.js';
import type { Seen } from './ledger.js';

type Meta = Readonly<{
  uid: string;
  name: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  namespace?: string;
}>;
type Frame = Readonly<{ type: string; object: RawPod }>;

const metaOf = (object: RawPod): Meta => object['metadata'] as Meta;

/** What a recorder that keeps everything would have stored of a recorded scenario, in the order of receipt. */
export function seenIn(recording: Recording): readonly Seen[] {
  return new Watching().read(frames(recording));
}

/** The same of the nodes and namespaces of a run. */
export function seenOfCluster(kubelet: Recording['kubelet'], run: string): readonly Seen[] {
  return new Watching().read(clusterFrames(kubelet, run));
}

class Watching {
  readonly #known = new Map<string, { raw: RawPod; parts: Parts }>();

  read(lines: readonly Line[]): readonly Seen[] {
    return lines.flatMap((line) => {
      if ('closed' in line) return [];
      if ('frame' in line) return this.#see(line, JSON.parse(line.frame) as Frame, 'watch');
      const { items } = JSON.parse(line.list) as { items: RawPod[] | null };
      return (items ?? []).flatMap((object) => this.#see(line, { type: 'LISTED', object }, 'initialList'));
    });
  }

  #see({ resource, receivedAt }: Line, { type, object }: Frame, via: Via): readonly Seen[] {
    if (type === 'BOOKMARK' || type === 'ERROR' || resource === 'podTable') return [];
    const observation = this.#observed(resource, { type, object }, { via, receivedAt });
    if (!observation) return [];
    const streamId =
      observation.type === 'KubeEventObserved' ? (observation.event.involvedObject.uid ?? '') : metaOf(object).uid;
    return /^[0-9a-f-]{32,36}$/.test(streamId) ? [{ streamId, observation }] : [];
  }

  #observed(
    resource: Line['resource'],
    { type, object }: Frame,
    { via, receivedAt }: Readonly<{ via: Via; receivedAt: string }>,
  ): Observation | undefined {
    const { uid, resourceVersion = null } = metaOf(object);
    const before = this.#known.get(uid);
    const look = { reducer: 1, via, resourceVersion, receivedAt, writes: writesOf(object, before?.raw) };
    if (resource === 'events') {
      if (type === 'DELETED' || (object['involvedObject'] as { kind?: string }).kind !== 'Pod') return undefined;
      return { ...look, type: 'KubeEventObserved', event: toEvent(object) };
    }
    const whole = partsIn(resource, object);
    const parts = changedParts(before?.parts ?? {}, whole);
    this.#known.set(uid, { raw: object, parts: whole });
    const gone = type === 'DELETED';
    if (resource === 'pods') {
      if (gone) return { ...look, type: 'PodGone', how: 'deleted', between: null, parts: parts ?? {} };
      return parts && { ...look, type: 'PodObserved', parts };
    }
    if (!parts && !gone) return undefined;
    const contextOf = { replicasets: 'OwnerObserved', jobs: 'OwnerObserved', nodes: 'NodeObserved' } as const;
    const seen = resource === 'podTable' || resource === 'namespaces' ? 'NamespaceObserved' : contextOf[resource];
    return { ...look, type: seen, gone, parts: parts ?? {} };
  }
}

function partsIn(resource: Line['resource'], object: RawPod): Parts {
  if (resource === 'pods') return partsOf(object);
  const {
    managedFields: _fields,
    resourceVersion: _version,
    ...metadata
  } = metaOf(object) as Meta & Record<string, unknown>;
  const { nodeInfo, conditions } = (object['status'] ?? {}) as { nodeInfo?: unknown; conditions?: { type: string }[] };
  const kinds: Partial<Record<Line['resource'], object>> = {
    replicasets: { kind: 'ReplicaSet', apiVersion: 'apps/v1' },
    jobs: { kind: 'Job', apiVersion: 'batch/v1' },
  };
  const stable = ({ lastHeartbeatTime: _heartbeat, ...condition }: Record<string, unknown>): unknown => condition;
  return {
    metadata: { ...metadata, ...kinds[resource] },
    ...(nodeInfo ? { nodeInfo } : {}),
    ...Object.fromEntries(
      (resource === 'nodes' ? (conditions ?? []) : []).map((each) => [`condition.${each.type}`, stable(each)]),
    ),
  };
}

function toEvent(object: RawPod): KubeEvent {
  const { metadata, ...rest } = object as { metadata: Meta };
  const { uid, name, namespace = '', creationTimestamp } = metadata;
  return {
    ...(rest as unknown as KubeEvent),
    uid,
    name,
    namespace,
    ...(creationTimestamp ? { creationTimestamp } : {}),
  };
}

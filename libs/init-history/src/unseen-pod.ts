/** A pod that no frame has shown: what Events alone tell of it. */
import { containerOfEvent, messageOf, occurredAt } from './kube-events.js';
import type { KubeEvent } from './observations.js';
import { notAfter } from './resource-version.js';
import { text } from './snapshot.js';

/** What an Event proves to have been done. */
export type Deed = 'scheduled' | 'pulled' | 'created' | 'started' | 'killed';

/** One deed, of the pod or of a container of it. */
export type Trace = Readonly<{
  deed: Deed;
  container: string | null;
  /** Null where the Event does not say whether it is an init container. */
  init: boolean | null;
  at: string | null;
  position: number;
}>;

export type UnseenPod = Readonly<{
  uid: string;
  namespace: string;
  name: string;
  node: string | null;
  /** Lowest resourceVersion of the pod that an Event of it names: by then it was there. */
  resourceVersion: string | null;
  traces: readonly Trace[];
  /** Position of the last Event. */
  position: number;
  /** The happening by which it was told to be; null while a frame may still show it. */
  happening: string | null;
}>;

const deeds: Readonly<Record<string, Deed>> = {
  Scheduled: 'scheduled',
  Pulled: 'pulled',
  Created: 'created',
  Started: 'started',
  Killing: 'killed',
};

/** Deeds that are kept of one pod. */
const keptTraces = 64;

/** The scheduler says where it put the pod, the kubelet where it is (semantics 4.2, 4.4). */
function nodeOf(event: KubeEvent): string | null {
  const assigned = /^Successfully assigned \S+ to (\S+)$/.exec(messageOf(event))?.[1];
  if (event.reason === 'Scheduled' && assigned !== undefined) return assigned;
  return text(event.source?.component) === 'kubelet' ? text(event.source?.host) : null;
}

function traceOf(event: KubeEvent, position: number): Trace | null {
  const reason = text(event.reason) ?? '';
  const deed = Object.hasOwn(deeds, reason) ? deeds[reason] : undefined;
  if (deed === undefined) return null;
  const container = containerOfEvent(event);
  return {
    deed,
    container: container?.name ?? null,
    init: container?.init ?? null,
    at: occurredAt(event).at,
    position,
  };
}

const lower = (one: string | null, other: string | null): string | null =>
  one === null || notAfter(other, one) ? other : one;

/** What is known of an unseen pod with one more Event of it; as before, where the Event does not name a pod. */
export function withTrace(known: UnseenPod | null, event: KubeEvent, position: number): UnseenPod | null {
  const involved = event.involvedObject as KubeEvent['involvedObject'] | undefined;
  const [uid, name] = [text(involved?.uid), text(involved?.name)];
  if (uid === null || name === null) return known;
  const version = text(involved?.resourceVersion);
  const trace = traceOf(event, position);
  return {
    uid,
    name,
    namespace: text(involved?.namespace) ?? text(event.namespace) ?? '',
    node: known?.node ?? nodeOf(event),
    resourceVersion: known && version === null ? known.resourceVersion : lower(known?.resourceVersion ?? null, version),
    traces: [...(known?.traces ?? []), ...(trace ? [trace] : [])].slice(-keptTraces),
    position,
    happening: known?.happening ?? null,
  };
}

/** Its init containers, as far as Events name them, in the order in which they did. */
export const initContainersOf = ({ traces }: UnseenPod): readonly string[] => [
  ...new Set(traces.flatMap(({ container, init }) => (init === true && container !== null ? [container] : []))),
];

const ids = new Map<string, string>();

/** A UUID for a name: the same within a run. */
export function uidOf(name: string): string {
  const known = ids.get(name) ?? `00000000-0000-4000-8000-${String(ids.size + 1).padStart(12, '0')}`;
  ids.set(name, known);
  return known;
}

type PodChoice = Readonly<{
  name?: string;
  namespace?: string;
  uid?: string;
  phase?: string;
  owner?: { apiVersion: string; kind: string; name: string };
  conditions?: Readonly<Record<string, 'True' | 'False'>>;
  containerStatuses?: readonly object[];
}>;

/** A pod with one init container and one app container. */
export function pod(choice: PodChoice = {}) {
  const { name = 'web', namespace = 'shop', uid = uidOf(`pod ${name}`), phase = 'Pending', owner } = choice;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid,
      creationTimestamp: '2026-11-20T10:00:00Z',
      ...(owner && { ownerReferences: [{ ...owner, uid: uidOf(`${owner.kind} ${owner.name}`), controller: true }] }),
    },
    spec: { initContainers: [{ name: 'wait', image: 'busybox' }], containers: [{ name: 'app', image: 'nginx' }] },
    status: {
      phase,
      ...(choice.containerStatuses && { containerStatuses: choice.containerStatuses }),
      conditions: Object.entries(choice.conditions ?? {}).map(([type, value]) => ({ type, status: value })),
    },
  };
}

/** The status of the app container, running. */
export function running(ready: boolean) {
  const state = { running: { startedAt: '2026-11-20T10:00:05Z' } };
  return {
    name: 'app',
    image: 'nginx',
    imageID: 'nginx@1',
    containerID: 'containerd://1',
    ready,
    restartCount: 0,
    state,
  };
}

/** An Event about a pod. */
export function kubeEvent({
  about = 'web',
  name = 'started',
  count = 1,
}: { about?: string; name?: string; count?: number } = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'shop', uid: uidOf(`event ${name}`), creationTimestamp: '2026-11-20T10:00:01Z' },
    involvedObject: { kind: 'Pod', name: about, namespace: 'shop', uid: uidOf(`pod ${about}`) },
    reason: 'Started',
    message: `Started ${about}`,
    type: 'Normal',
    count,
  };
}

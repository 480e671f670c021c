import { mirrorKey, type KubeObject, type StoredObject } from '../api/kube-object.js';

/** The annotation by which a pod says where its kubelet has it from. */
export const sourceKey = 'kubernetes.io/config.source';

/** The uid of the static pod whose mirror this is. */
export const mirrorOf = ({ metadata }: KubeObject): string | undefined => metadata.annotations?.[mirrorKey];

/** Whether the pod came from a file, and not from the API. */
export const isStatic = ({ metadata }: KubeObject): boolean => metadata.annotations?.[sourceKey] === 'file';

/** Whether an object of the API is this pod, or its mirror. */
export const isThatPod = (found: StoredObject, { metadata: { uid } }: StoredObject): boolean =>
  found.metadata.uid === uid || mirrorOf(found) === uid;

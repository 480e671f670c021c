/** What a pod names: what its context is looked up by, and the init containers that it declares. */
import type { DeclaredInitContainer } from './happenings.js';
import type { PodHistory } from './history.js';
import { initContainersOf } from './unseen-pod.js';
import { isSidecar, staticPodUid, text, viewOf, type PodView } from './snapshot.js';

export type ContextNames = Readonly<{
  namespace: string | null;
  node: string | null;
  /** Uid of the pod's controller, where the owner chain begins. */
  owner: string | null;
  /** Of a mirror pod: the static pod's uid, under which its Events are. */
  staticTwin: string | null;
}>;

export function contextNames(history: PodHistory): ContextNames {
  const view = viewOf(history.parts);
  const controller = view.metadata.ownerReferences.find((reference) => reference.controller === true);
  return {
    namespace: text(view.metadata.namespace),
    node: text(view.spec.nodeName),
    owner: text(controller?.uid),
    staticTwin: staticPodUid(view),
  };
}

/** The init containers of a pod's spec, in its order. */
export const declaredIn = (view: PodView): readonly DeclaredInitContainer[] =>
  view.initContainers.map((container, index) => ({
    index,
    name: container.name,
    kind: isSidecar(container) ? 'sidecar' : 'regular',
    image: text(container.image) ?? '',
    restartPolicy: text(container.restartPolicy),
    restartRules: container.restartRules,
  }));

/** Those of the spec; of a pod that no frame showed, those that its Events name. */
export const declaredInitContainers = ({
  first,
  unseen,
  parts,
}: PodHistory): readonly Pick<DeclaredInitContainer, 'name' | 'image'>[] =>
  first === null && unseen !== null
    ? initContainersOf(unseen).map((name) => ({ name, image: '' }))
    : declaredIn(viewOf(parts));

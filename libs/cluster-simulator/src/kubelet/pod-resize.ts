import { fieldAt, type Fields, type StoredObject } from '../api/kube-object.js';
import type { Node } from './node.js';
import { containersOf, type ContainerState, type PodState } from './pod-state.js';
import type { Work } from './task.js';

const actuateMs = 20;

/** What a resize needs of the pod's worker. */
export type Resizing = Readonly<{
  /** The pod as its events name it. */
  bound: StoredObject;
  pod: StoredObject;
  node: Node;
  state: PodState;
  wake(): void;
}>;

const summaryOf = ({ name, spec }: ContainerState): Fields => ({ name, resources: fieldAt(spec, 'resources') ?? {} });

/** What its events say of a resize: the resources of all containers, and of which generation they are. */
function summary({ pod, state: { inits, apps } }: Resizing): string {
  return JSON.stringify({
    ...(inits.length > 0 ? { initContainers: inits.map(summaryOf) } : {}),
    containers: apps.map(summaryOf),
    generation: pod.metadata.generation,
  });
}

/**
 * Gives the pod's containers the resources that its spec now says. What was allocated is told before that; what running containers have is told once a look
 * at the runtime has found it (recorded: resize).
 */
export function* resize(worker: Resizing): Work {
  const { node, bound, state } = worker;
  const tell = (reason: string, what: string): void =>
    node.events.tell(bound, { type: 'Normal', reason, message: `Pod resize ${what}: ${summary(worker)}` });
  state.isResizing = false;
  tell('ResizeStarted', 'started');
  yield actuateMs;
  tell('ResizeCompleted', 'completed');
  const resized = containersOf(state).filter(({ resourcesBefore }) => resourcesBefore !== undefined);
  if (resized.length === 0) return;
  node.clock.after(node.untilNextLook(), () => {
    for (const container of resized) delete container.resourcesBefore;
    worker.wake();
  });
}

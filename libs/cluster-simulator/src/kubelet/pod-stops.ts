import type { StoredObject } from '../api/kube-object.js';
import type { Node } from './node.js';
import type { ContainerState, PodState } from './pod-state.js';
import { containersOf, fieldPathOf, graceMsOf, isRunning, restartPolicyOf } from './pod-state.js';
import type { PodRuntime } from './runtime.js';
import type { Work } from './task.js';

/** What stopping needs of a pod's worker. */
export type Stopped = Readonly<{
  /** The pod as its events name it. */
  bound: StoredObject;
  node: Node;
  state: PodState;
  runtime: PodRuntime;
  /** Says so in events, and stops what runs of these. */
  stopping(containers: readonly ContainerState[], graceMs: number): void;
}>;

const stopStepMs = 50;
const sandboxStopMs = 150;

const sandboxChanged = {
  type: 'Normal',
  reason: 'SandboxChanged',
  message: 'Pod sandbox changed, it will be killed and re-created.',
} as const;

/** The sandbox has died: what lives in it is stopped, and another is to be made. With policy Never nothing runs again. */
export function* leaveSandbox(worker: Stopped): Work {
  const { bound, node, state, runtime } = worker;
  const isFinal = restartPolicyOf(bound) === 'Never';
  if (!isFinal) node.events.tell(bound, sandboxChanged);
  const containers = containersOf(state);
  worker.stopping(containers, graceMsOf(bound));
  state.sandbox = isFinal ? 'gone' : 'none';
  if (isFinal) return;
  while (!runtime.isIdle(containers)) yield stopStepMs;
  yield sandboxStopMs;
}

/** Kills what a probe or a change of its image condemned; it is begun again in the same sync. */
export function* killCondemned({ bound, node, state, runtime }: Stopped): Work<readonly ContainerState[]> {
  const condemned = containersOf(state).filter((one) => one.condemned !== undefined);
  for (const container of condemned) {
    const { condemned: message = '' } = container;
    delete container.condemned;
    if (!isRunning(container)) continue;
    node.events.tell(bound, { type: 'Normal', reason: 'Killing', message, fieldPath: fieldPathOf(container) });
    runtime.stop([container], graceMsOf(bound));
    while (!runtime.isIdle([container])) yield stopStepMs;
  }
  return condemned;
}

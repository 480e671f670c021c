/** Which init containers have been passed in a cycle (semantics 8.2 step 6). */
import { attemptsIn, containerOf, type PodHistory } from '../history.js';
import { isSidecar, type ContainerSpec, type PodView } from '../snapshot.js';
import { succeeded } from './instances.js';

/**
 * Regular: an instance of this cycle finished with exit code 0 and not OOMKilled, or the kubelet said that it had.
 * Sidecar: an instance of this cycle has started; started is done (semantics 2.6).
 */
export function satisfied(history: PodHistory, container: ContainerSpec, cycle: number): boolean {
  const known = containerOf(history, container.name);
  const attempts = attemptsIn(known, cycle);
  if (isSidecar(container)) return attempts.some((attempt) => attempt.sidecarStartedAt !== null);
  return attempts.some(succeeded) || known.saidDone.includes(cycle);
}

/** The init container that the pod is at: the first in spec order that has not been passed. */
export const currentOf = (history: PodHistory, view: PodView, cycle: number): ContainerSpec | undefined =>
  view.initContainers.find((container) => !satisfied(history, container, cycle));

export const allSatisfied = (history: PodHistory, view: PodView, cycle: number): boolean =>
  currentOf(history, view, cycle) === undefined;

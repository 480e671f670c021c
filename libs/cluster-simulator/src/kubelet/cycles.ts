import type { ContainerState, PodState } from './pod-state.js';
import { containersOf, isRestarted } from './pod-state.js';
import type { Shapes } from './versions.js';

/** Whether the API may be told that a container which ended so is no longer at its end (checkContainerStateTransition, k/k:pkg/kubelet/status/status_manager.go). */
export const mayBeginAgain = (container: ContainerState, policy: string): boolean =>
  policy === 'Always' || container.role === 'sidecar' || isRestarted(container, policy);

/** The number of the container's next instance: what is lost or replaced was counted already, and what was removed before the kubelet told that it runs again is not counted (recorded: sandbox-killed-on-failure). */
export function nextAttempt(container: ContainerState, policy: string, { remembersRemoved }: Shapes): number {
  const { run, previous, isRemoved } = container;
  if (!remembersRemoved && (isRemoved || !run)) return 0;
  if (!run) return previous?.attempt ?? 0;
  return isRemoved && !mayBeginAgain(container, policy) ? run.attempt : run.attempt + 1;
}

/** Another instance begins: the one before it is what `lastState` tells, if the kubelet still knows it. */
export function keepPrevious(container: ContainerState, { remembersRemoved }: Shapes): void {
  const { run, isStale, role } = container;
  if (!remembersRemoved && ((isStale && role !== 'app') || !run)) delete container.previous;
  else if (run) container.previous = run;
}

/** Kubelets before 1.36 remove all dead instances of a container but the newest, once its end was told. */
export function forgetOlder(state: PodState): void {
  for (const container of containersOf(state)) if (container.run?.seen === 'exited') delete container.previous;
}

/** A new sandbox: every init container is to run again, and an instance that was not seen to end is lost (purgeInitContainers). */
export function beginCycle(state: PodState): void {
  for (const container of containersOf(state)) {
    if (!container.run) continue;
    container.isStale = true;
    delete container.waiting;
  }
  for (const container of state.inits) {
    const { run } = container;
    if (!run || run.seen === 'exited') continue;
    container.previous = { attempt: run.attempt + 1, how: 'lost' };
    delete container.run;
  }
}

/** From the second sync of a cycle on, the runtime holds nothing of the init containers of the one before. */
export function forgetRemoved(state: PodState): void {
  for (const container of state.inits) if (container.isStale) container.isRemoved = true;
}

/** All containers are removed and begin again in the same sandbox (KEP-5532). */
export function replaceAll(state: PodState): void {
  for (const container of containersOf(state)) {
    const { run } = container;
    if (!run) continue;
    container.replaced = run;
    container.previous = { attempt: run.attempt + 1, how: 'replaced' };
    delete container.run;
    delete container.waiting;
  }
}

/** What was replaced is no longer shown once the first has begun again. */
export function forgetReplaced(state: PodState): void {
  for (const container of containersOf(state)) delete container.replaced;
}

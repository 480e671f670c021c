import type { ContainerState, PodState } from './pod-state.js';
import type { PodRuntime } from './runtime.js';

/** What a kubelet's process leaves of a pod when it ends: its own memory, and the runtime, which lives on. */
export type Inheritance = Readonly<{ state: PodState; runtime: PodRuntime }>;

/** What the next process finds out of it: instances and their ends from the runtime, what was told from the API; reasons and back-offs are forgotten. */
export function takenOver({ state, runtime }: Inheritance): PodState {
  const { podIp, overdue, startedAt } = state;
  const hadSandbox = state.sandbox !== 'none';
  const sandbox = runtime.hasSandbox ? 'seen' : hadSandbox ? 'dead' : 'none';
  return {
    startedAt,
    inits: state.inits.map(known),
    apps: state.apps.map(known),
    ephemerals: state.ephemerals.map(known),
    sandbox,
    ending: 'no',
    ...(podIp !== undefined && (runtime.hasSandbox || runtime.isOnHost) ? { podIp } : {}),
    ...(overdue ? { overdue } : {}),
  };
}

function known(container: ContainerState): ContainerState {
  const {
    crashDelayMs: _,
    crashDelayImage: __,
    waiting: ___,
    condemned: ____,
    resourcesBefore: _____,
    ...rest
  } = container;
  const { run } = rest;
  if (run) run.seen = run.finishedAt === undefined ? 'running' : 'exited';
  return rest;
}

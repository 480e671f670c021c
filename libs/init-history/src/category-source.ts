/** Where a category was read (semantics 3.5): the field of the object that decided it. Pods and happenings name the same. */
import { decideEnd, type Category } from './taxonomy.js';

const statusOf = (container: string): string => `status.initContainerStatuses[${container}]`;

/** Of a waiting reason. */
export const sourceOfWaiting = (container: string): string => `${statusOf(container)}.state.waiting.reason`;

/** Of a sidecar that ended with exit code 0 before it had started. */
export const sourceOfEarlyEnd = (container: string): string => `${statusOf(container)}.started`;

type End = Readonly<{ category: Category | null; exitCode: number | null; reason: string | null }>;

/** Of the end of an instance; null of one that succeeded. */
export function sourceOfEnd(container: string, { category, exitCode, reason }: End): string | null {
  if (category === null) return null;
  if (category === 'HOOK') return sourceOfWaiting(container);
  if (category === 'UNKNOWN_OUTCOME') return `${statusOf(container)}.terminated.reason`;
  if (category === 'IMAGE_CHANGED') return `spec.initContainers[${container}].image`;
  const member = decideEnd({ exitCode: exitCode ?? 0, reason: reason ?? '' })?.member;
  return member === undefined ? null : `${statusOf(container)}.terminated.${member}`;
}

/** Of an end that came over the pod as a whole. */
export const podSources = {
  reason: 'status.reason',
  phase: 'status.phase',
  deletion: 'metadata.deletionTimestamp',
  disruption: 'status.conditions[DisruptionTarget].reason',
  sandbox: 'status.conditions[PodReadyToStartContainers].lastTransitionTime',
  restartAll: 'status.conditions[AllContainersRestarting].lastTransitionTime',
  gone: 'PodGone',
  rerun: 'status.initContainerStatuses',
} as const;

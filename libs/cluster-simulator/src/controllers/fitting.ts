import { fieldAt, listAt, textAt, type StoredObject } from '../api/kube-object.js';
import { nodeMeantFor } from './daemon-sets.js';

/** Why a node does not take a pod, in the scheduler's words; `helpful` where it would without some of the pods that are there. */
export type Unfit = Readonly<{ why: string; helpful: boolean }>;

export const priorityOf = (pod: StoredObject): number => Number(fieldAt(pod, 'spec', 'priority') ?? 0);

export const isFinished = (pod: StoredObject): boolean =>
  ['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase'));

/** Extended resources have a domain in their names; only these are counted here. */
const isExtended = (resource: string): boolean => resource.includes('/');

const requested = (container: unknown, resource: string): number =>
  Number(fieldAt(container, 'resources', 'requests', resource) ?? 0);

function extendedOf(pod: StoredObject): string[] {
  const all = [...listAt(pod, 'spec', 'initContainers'), ...listAt(pod, 'spec', 'containers')];
  const names = all.flatMap((one) => Object.keys(fieldAt(one, 'resources', 'requests') ?? {}));
  return [...new Set(names)].filter(isExtended).toSorted();
}

/** Whether the pod asks for an extended resource: only then may it fit when another pod goes. */
export const wantsExtended = (pod: StoredObject): boolean => extendedOf(pod).length > 0;

/** What a pod needs at most at one time: its app containers and sidecars, or one init container beside the sidecars before it. */
export function requestOf(pod: StoredObject, resource: string): number {
  let [sidecars, peak] = [0, 0];
  for (const container of listAt(pod, 'spec', 'initContainers')) {
    const own = requested(container, resource);
    if (fieldAt(container, 'restartPolicy') === 'Always') sidecars += own;
    peak = Math.max(peak, fieldAt(container, 'restartPolicy') === 'Always' ? sidecars : sidecars + own);
  }
  const apps = listAt(pod, 'spec', 'containers').reduce((sum: number, one) => sum + requested(one, resource), 0);
  return Math.max(peak, apps + sidecars);
}

/** What keeps pods away from a node that do not tolerate it. */
const taintsOf = (node: StoredObject): string[] =>
  listAt(node, 'spec', 'taints')
    .filter((one) => textAt(one, 'effect') === 'NoSchedule')
    .map((one) => textAt(one, 'key'));

const tolerates = (pod: StoredObject, taint: string): boolean =>
  listAt(pod, 'spec', 'tolerations').some(
    (one) => ['', taint].includes(textAt(one, 'key')) && ['', 'NoSchedule'].includes(textAt(one, 'effect')),
  );

/** Whether a node may take a pod beside `others`, those that hold something of it; `undefined` if it may. */
export function unfitness(pod: StoredObject, node: StoredObject, others: readonly StoredObject[]): Unfit | undefined {
  const meant = nodeMeantFor(pod);
  const wanted = Object.entries(fieldAt(pod, 'spec', 'nodeSelector') ?? {});
  const isMeant = meant === undefined || meant === node.metadata.name;
  if (!isMeant || !wanted.every(([label, value]) => node.metadata.labels?.[label] === value))
    return { why: "node(s) didn't match Pod's node affinity/selector", helpful: false };
  if (taintsOf(node).some((taint) => !tolerates(pod, taint)))
    return { why: 'node(s) had untolerated taint(s)', helpful: false };
  for (const resource of extendedOf(pod)) {
    const there = Number(fieldAt(node, 'status', 'allocatable', resource) ?? 0);
    const needed = requestOf(pod, resource);
    const used = others.reduce((sum, one) => sum + requestOf(one, resource), 0);
    if (used + needed > there) return { why: `Insufficient ${resource}`, helpful: needed <= there };
  }
  return undefined;
}

import { conflict } from './refusals.js';
import type { KubeObject } from './kube-object.js';
import { textAt, fieldAt, wholeSeconds } from './kube-object.js';
import type { Resource } from './resources.js';

/** The body of a DELETE, as far as it matters here. */
export type DeleteOptions = {
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: string;
  dryRun?: boolean;
};

/** What a DELETE comes to: the object goes now, or is marked (and goes at once where `thenRemove`), or nothing is to be done. */
export type Deletion =
  | { readonly kind: 'remove' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'mark'; readonly marked: KubeObject; readonly thenRemove: boolean };

/**
 * Decides what a DELETE does to an object, as `BeforeDelete` and `Store.Delete` of kube-apiserver do
 * (`apiserver:pkg/registry/rest/delete.go`, `pkg/registry/generic/registry/store.go`, `k/k:pkg/registry/core/pod/strategy.go`).
 *
 * @param draft a copy of the object that may be changed and becomes `marked`
 * @throws ApiError 409 when a precondition does not hold
 */
export function planDeletion(resource: Resource, draft: KubeObject, options: DeleteOptions, now: number): Deletion {
  checkPreconditions(resource, draft, options);
  const finalizers = (draft.metadata.finalizers ?? []).length > 0;
  if (resource.name === 'pods') {
    const graceful = planGracefully(draft, options, now);
    if (graceful === 'pending') return { kind: 'pending' };
    if (graceful !== 'not-graceful') {
      return { kind: 'mark', marked: draft, thenRemove: graceful === 0 && !finalizers };
    }
  }
  if (!finalizers) return { kind: 'remove' };
  markAsDeleting(draft, now);
  return { kind: 'mark', marked: draft, thenRemove: false };
}

/** Whether an update took the last reason away why an object that is being deleted still exists. */
export const isDeletedByUpdate = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined &&
  (object.metadata.finalizers ?? []).length === 0 &&
  (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;

function checkPreconditions(resource: Resource, { metadata }: KubeObject, { preconditions = {} }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  const named = { ...resource, name: resource.kind };
  const name = metadata.name ?? '';
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(named, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(named, name, why);
  }
}

/** The grace period that the marked pod has, or why it is not to be marked. Negative periods count as one second. */
function planGracefully(pod: KubeObject, options: DeleteOptions, now: number): number | 'pending' | 'not-graceful' {
  const { metadata } = pod;
  if (metadata.deletionTimestamp !== undefined) return shortened(metadata, options, now);
  const period = graceOf(pod, options);
  metadata.deletionTimestamp = wholeSeconds(now + period * 1000);
  metadata.deletionGracePeriodSeconds = period;
  if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
  return period;
}

function graceOf(pod: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  const unscheduled = textAt(pod, 'spec', 'nodeName') === '';
  const ended = ['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase'));
  if (unscheduled || ended) return 0;
  const asked = gracePeriodSeconds ?? Number(fieldAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 0);
  return asked < 0 ? 1 : asked;
}

function shortened(
  metadata: KubeObject['metadata'],
  { gracePeriodSeconds }: DeleteOptions,
  now: number,
): number | 'pending' | 'not-graceful' {
  const given = metadata.deletionGracePeriodSeconds ?? 0;
  if (given === 0) return 'not-graceful';
  if (gracePeriodSeconds === undefined) return 'pending';
  const asked = gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds;
  if (asked >= given) return 'pending';
  const due = Date.parse(metadata.deletionTimestamp ?? '') + (asked - given) * 1000;
  const overdue = due < now;
  const period = overdue && asked !== 0 ? 1 : asked;
  metadata.deletionTimestamp = wholeSeconds(overdue ? now : due);
  metadata.deletionGracePeriodSeconds = period;
  return period;
}

function markAsDeleting({ metadata }: KubeObject, now: number): void {
  const known = metadata.deletionTimestamp;
  if (known === undefined && (metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
  if (known === undefined || Date.parse(known) > now) metadata.deletionTimestamp = wholeSeconds(now);
  metadata.deletionGracePeriodSeconds = 0;
}

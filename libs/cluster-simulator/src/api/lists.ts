import { ApiError } from './api-error.js';
import { ContinueExpired, readContinue, writeContinue } from './continue-token.js';
import type { ListMetadata } from './encoding.js';
import type { Faults } from './faults.js';
import type { StoredObject } from './kube-object.js';
import { readResourceVersion, type ListOptions } from './list-options.js';
import type { ObjectStore } from './object-store.js';
import { firstFrom } from './revisions.js';
import { badRequest, expired } from './refusals.js';
import type { ResourceName } from './resources.js';

/** One page of a list, as of one revision. */
export type Page = { metadata: ListMetadata; objects: StoredObject[] };

/** What of the faults bears on pages. */
export type PageFaults = Pick<Faults, 'oldestPosition' | 'pageSize' | 'takesContinuation'>;

type Start = { revision: number; after: string; limit: number };

/**
 * Reads a page. All pages that follow one another are of the same revision.
 *
 * @param faults say from which position on one may go on, whatever the store still has, and how much is on a page
 * @throws ApiError 400, 410 (the revision is gone), 504 (it is yet to come)
 */
export function readPage(
  store: ObjectStore,
  where: { resource: ResourceName; namespace: string },
  options: ListOptions,
  faults: PageFaults,
): Page {
  const { revision, after, limit } = startOf(store, options, faults);
  const prefix = where.namespace && `${where.namespace}/`;
  const keys = store.revisions.keysAt(where.resource, revision);
  const end = prefix ? firstFrom(keys, `${prefix}\uffff`) : keys.length;
  const objects: StoredObject[] = [];
  const first = firstFrom(keys, after ? `${prefix}${after}\u0000` : prefix);
  let next = first;
  // Who asks for no pages gets none.
  const most = limit > 0 ? Math.min(limit, faults.pageSize) : Number.POSITIVE_INFINITY;
  while (next < end && objects.length < most) {
    const object = store.revisions.objectAt(where.resource, keys[next] ?? '', revision);
    if (object && options.matches(object)) objects.push(object);
    next += 1;
  }
  const metadata: ListMetadata = { resourceVersion: String(revision) };
  if (next < end) {
    metadata.continue = writeContinue({ revision, after: (keys[next - 1] ?? '').slice(prefix.length) });
    // A shard is no selection in kube-apiserver's eyes, and what it left out is counted as well.
    if (options.selectsAll) metadata.remainingItemCount = end - first - objects.length;
  }
  if (options.shard !== undefined) metadata.shardInfo = { selector: options.shard };
  return { metadata, objects };
}

function startOf({ revisions }: ObjectStore, options: ListOptions, faults: PageFaults): Start {
  const { limit, resourceVersionMatch: match } = options;
  const earliest = Math.max(faults.oldestPosition, revisions.compacted);
  if (options.continue) {
    if (options.resourceVersion && options.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    const { revision, after } = readContinue(options.continue);
    if (revision >= 0 && (revision < earliest || faults.takesContinuation())) throw new ContinueExpired(after);
    return { revision: revision < 0 ? revisions.current : revision, after, limit };
  }
  const asked = readResourceVersion(options.resourceVersion, (why) => badRequest(`invalid resource version: ${why}`));
  if (asked === undefined) return { revision: revisions.current, after: '', limit };
  if (asked > revisions.current) throw tooLarge(asked, revisions.current);
  const exact = match === 'Exact' || (match === '' && limit > 0 && asked > 0);
  if (exact && asked < earliest) throw expired('The resourceVersion for the provided list is too old.');
  return { revision: exact ? asked : revisions.current, after: '', limit: asked === 0 ? 0 : limit };
}

/** The 504 for a position that this server has not reached: another one of the cluster, or the time before a restore, has. */
const tooLarge = (asked: number, current: number): ApiError =>
  new ApiError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });

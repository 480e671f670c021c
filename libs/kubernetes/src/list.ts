import { setTimeout as sleep } from 'node:timers/promises';
import { initialEventsEnd } from './frame.js';
import { KubernetesError, isKubernetesError } from './kubernetes-error.js';
import type { KubernetesObject } from './kubernetes-object.js';
import { pathOf } from './resources.js';
import type { Resource } from './resources.js';
import type { Slice } from './slice.js';
import { longPatienceMs } from './transport.js';
import type { Door } from './transport.js';
import { watchAll } from './watch.js';

/** What to list, and how. */
export type ListChoice = Readonly<{
  namespace?: string | undefined;
  fieldSelector?: string | undefined;
  metadataOnly?: boolean;
  /** Objects a page. */
  limit?: number;
  signal?: AbortSignal | undefined;
  /** Pages come with their body as text, too; frames with their line. */
  withText?: boolean;
  /** Only what is in it. */
  slice?: Slice | undefined;
}>;

/** A part of a list. Only the last page proves what is not there. */
export type Page = Readonly<{
  items: readonly KubernetesObject[];
  /** The state that the whole list shows; a stream tells it with its last page only. */
  resourceVersion: string | null;
  last: boolean;
  /** Rises when the list had to begin again from its start: what earlier pages named proves nothing. */
  attempt: number;
  /** The body itself, where it was asked for. */
  body?: string | undefined;
}>;

const usualLimit = 500;
const attempts = 5;
const full = 'application/json';
const metadata = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

type ListBody = Readonly<{
  metadata?: { resourceVersion?: string; continue?: string; shardInfo?: { selector?: string } };
  items?: readonly KubernetesObject[];
}>;

/**
 * A consistent list, page by page: the most recent state (no resourceVersion, semantics 6.1), one resourceVersion over all pages.
 * A continue token that expired begins the list again, with the next `attempt`; the token for an inconsistent rest is never used.
 *
 * @throws KubernetesError
 */
export async function* list(transport: Door, resource: Resource, choice: ListChoice): AsyncGenerator<Page> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      yield* pages(transport, resource, choice, attempt);
      return;
    } catch (error) {
      if (!isKubernetesError(error, 'expired') || attempt + 1 >= attempts) throw error;
    }
  }
}

async function* pages(transport: Door, resource: Resource, choice: ListChoice, attempt: number): AsyncGenerator<Page> {
  const { namespace, fieldSelector, limit = usualLimit, slice } = choice;
  const path = pathOf(resource, namespace);
  let token = '';
  let first: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(limit), ...(fieldSelector && { fieldSelector }) });
    if (token !== '') query.set('continue', token);
    const ask = (asked: URLSearchParams) => page(transport, `${path}?${asked.toString()}`, choice);
    const { body, text } = await (slice ? slice.ask(resource, query, ask) : ask(query));
    slice?.selector?.listed(resource, body.metadata?.shardInfo?.selector);
    const resourceVersion = body.metadata?.resourceVersion;
    if (!resourceVersion) throw new KubernetesError('broken', `The list of ${path} has no resourceVersion`);
    if ((first ??= resourceVersion) !== resourceVersion) {
      throw new KubernetesError('expired', `The list of ${path} changed its resourceVersion from page to page`);
    }
    token = body.metadata?.continue ?? '';
    const all = body.items ?? [];
    const items = slice ? all.filter((item) => slice.holds(item)) : all;
    slice?.passOver(all.length - items.length);
    yield {
      items,
      resourceVersion,
      last: token === '',
      attempt,
      ...(text !== undefined && { body: text }),
    };
  } while (token !== '');
}

/** One page; a server that is too busy is asked again, when it says so. */
async function page(
  transport: Door,
  path: string,
  { metadataOnly, signal, withText }: ListChoice,
): Promise<Readonly<{ body: ListBody; text: string | undefined }>> {
  let text: string | undefined;
  const heard = (said: string) => {
    text = said;
  };
  for (let tried = 1; ; tried += 1) {
    try {
      const accept = metadataOnly ? metadata : full;
      const question = { signal, accept, patienceMs: longPatienceMs, ...(withText && { heard }) };
      const body = (await transport.json(path, question)) as ListBody;
      return { body, text };
    } catch (error) {
      if (!isKubernetesError(error, 'throttled') || tried >= attempts) throw error;
      await sleep((error.retryAfterMs ?? 1000) * (1 + Math.random() / 4), undefined, signal && { signal });
    }
  }
}

/**
 * The same by WatchList: the server streams the state from its cache instead of assembling pages.
 *
 * @throws KubernetesError `invalid` where the server does not have it (422), `silent` where it never says that the state is complete:
 * then list
 */
export async function* listByStream(transport: Door, resource: Resource, choice: ListChoice): AsyncGenerator<Page> {
  const { limit = usualLimit } = choice;
  let items: KubernetesObject[] = [];
  for await (const frames of watchAll(transport, resource, { ...choice, timeoutSeconds: 300, silentAfterMs: 30_000 })) {
    for (const { type, object } of frames) {
      if (type === 'DELETED') throw new KubernetesError('broken', 'The state changed while it was streamed');
      if (type !== 'BOOKMARK') items.push(object);
      else if (object.metadata.annotations?.[initialEventsEnd] === 'true') {
        yield { items, resourceVersion: object.metadata.resourceVersion, last: true, attempt: 0 };
        return;
      }
    }
    if (items.length >= limit) {
      yield { items, resourceVersion: null, last: false, attempt: 0 };
      items = [];
    }
  }
  throw new KubernetesError(
    'silent',
    `The stream of ${pathOf(resource, choice.namespace)} ended before its state was complete`,
  );
}

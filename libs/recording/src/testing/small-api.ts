import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, scriptedServer, status } from '#testing/kubernetes';
import type { ScriptedServer } from '#testing/kubernetes';

type Metadata = Record<string, unknown> & { name: string; uid: string; namespace?: string; resourceVersion: string };

/** An object of the small API. */
export type SmallObject = Record<string, unknown> & { metadata: Metadata };

type Change = { collection: string; type: string; object: SmallObject; at: number };
type Watcher = { collection: string; namespace: string | undefined; response: ServerResponse };

/**
 * The least API server that a recorder can follow, with its history, and with everything that can go wrong on command. What a real
 * one does, the contract tests show.
 */
export class SmallApi {
  /** Requests of these collections are refused with 403. */
  readonly denied = new Set<string>();
  /** Objects a page, whatever was asked for. */
  pageSize = 500;
  private revision = 100;
  private oldest = 0;
  private objects = new Map<string, SmallObject>();
  private changes: Change[] = [];
  private readonly watchers = new Set<Watcher>();
  private server!: ScriptedServer;

  static async start(): Promise<SmallApi> {
    const api = new SmallApi();
    api.server = await scriptedServer((request, response, url) => api.answer(request, response, url));
    return api;
  }

  get kubeconfig(): string {
    return this.server.kubeconfig;
  }

  get asked(): readonly string[] {
    return this.server.asked;
  }

  /** Watches that are open now. */
  open(collection: string): number {
    return [...this.watchers].filter((watcher) => watcher.collection === collection).length;
  }

  /** Creates or changes an object: `collection` is the path below the group, as in `pods`. */
  put(collection: string, object: { metadata: { name: string; uid: string; namespace?: string } }): string {
    const key = `${collection}/${object.metadata.uid}`;
    const type = this.objects.has(key) ? 'MODIFIED' : 'ADDED';
    this.revision += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.revision) };
    const stored = { ...object, metadata };
    this.objects.set(key, stored);
    this.tell({ collection, type, object: stored, at: this.revision });
    return metadata.resourceVersion;
  }

  delete(collection: string, uid: string): void {
    const key = `${collection}/${uid}`;
    const object = this.objects.get(key);
    if (!object) throw new Error(`no ${key}`);
    this.objects.delete(key);
    this.revision += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.revision) };
    this.tell({ collection, type: 'DELETED', object: { ...object, metadata }, at: this.revision });
  }

  /** Sends every watcher of a collection a line, as it stands. */
  say(collection: string, line: string): void {
    for (const watcher of this.watchers) if (watcher.collection === collection) watcher.response.write(line);
  }

  bookmark(collection: string): void {
    this.say(collection, frame('BOOKMARK', { metadata: { resourceVersion: String(this.revision) } }));
  }

  /** Ends the watches: in good order, or in the middle of a line. */
  cut(collection: string, how: 'well' | 'mid-line'): void {
    for (const watcher of this.watchers) {
      if (watcher.collection !== collection) continue;
      this.watchers.delete(watcher);
      if (how === 'well') watcher.response.end();
      else watcher.response.write('{"type":"MODIFIED","obj', () => watcher.response.destroy());
    }
  }

  /** Forgets history: positions before now are expired. */
  compact(): void {
    this.oldest = this.revision;
    this.changes = [];
  }

  /** A restored backup: the objects of now under older resourceVersions. */
  restore(revision: number): void {
    this.revision = revision;
    this.oldest = 0;
    this.changes = [];
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  private answer(request: IncomingMessage, response: ServerResponse, url: URL): void {
    if (url.pathname === '/version') return answerJson(response, { gitVersion: 'v1.33.0', major: '1', minor: '33' });
    const [, group, rest] = /^\/(api\/v1|apis\/[^/]+\/v1)\/(.*)$/.exec(url.pathname) ?? [];
    const [, namespace, path = ''] = /^namespaces\/([^/]+)\/(.+)$/.exec(rest ?? '') ?? [undefined, undefined, rest];
    const [collection = '', name] = path.split('/');
    if (!group) return answerJson(response, status(404, 'NotFound'), 404);
    if (collection === 'selfsubjectaccessreviews') return this.review(request, response);
    if (this.denied.has(collection))
      return answerJson(response, status(403, 'Forbidden', `${collection} is forbidden`), 403);
    if (name !== undefined) return this.answerOne(response, collection, name);
    if (url.searchParams.has('watch')) return this.watch(response, url, { collection, namespace });
    return this.list(response, url, { collection, namespace });
  }

  private review(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { spec } = JSON.parse(Buffer.concat(chunks).toString()) as {
        spec: { resourceAttributes: { resource: string } };
      };
      answerJson(response, { status: { allowed: !this.denied.has(spec.resourceAttributes.resource) } }, 201);
    });
  }

  private answerOne(response: ServerResponse, collection: string, name: string): void {
    const found = [...this.objects].find(
      ([key, { metadata }]) => key.startsWith(`${collection}/`) && metadata.name === name,
    );
    if (found) return answerJson(response, found[1]);
    return answerJson(response, status(404, 'NotFound'), 404);
  }

  private list(response: ServerResponse, url: URL, of: Omit<Watcher, 'response'>): void {
    const all = [...this.objects]
      .filter(([key, object]) => key.startsWith(`${of.collection}/`) && isIn(object, of.namespace))
      .map(([, object]) => object);
    const from = Number(url.searchParams.get('continue') ?? 0);
    const items = all.slice(from, from + this.pageSize);
    const next = from + this.pageSize < all.length ? { continue: String(from + this.pageSize) } : {};
    answerJson(response, { metadata: { resourceVersion: String(this.revision), ...next }, items });
  }

  private watch(response: ServerResponse, url: URL, of: Omit<Watcher, 'response'>): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json;stream=watch' });
    response.flushHeaders();
    if (from < this.oldest) {
      response.end(frame('ERROR', status(410, 'Expired', `too old resource version: ${from} (${this.oldest})`)));
      return;
    }
    const watcher = { ...of, response };
    this.watchers.add(watcher);
    response.on('close', () => this.watchers.delete(watcher));
    for (const change of this.changes) if (change.at > from) send(watcher, change);
  }

  private tell(change: Change): void {
    this.changes.push(change);
    for (const watcher of this.watchers) send(watcher, change);
  }
}

function send({ collection, namespace, response }: Watcher, change: Change): void {
  if (collection === change.collection && isIn(change.object, namespace))
    response.write(frame(change.type, change.object));
}

const isIn = ({ metadata }: SmallObject, namespace: string | undefined) =>
  namespace === undefined || metadata.namespace === namespace;

/** A line of a watch. */
export function frame(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

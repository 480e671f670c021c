import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { shardHash } from '#libs/kubernetes';

import { Lives } from './stream.js';

// A process of its own: an API server that has nothing else to do than to send what was made ready before.

/** What to serve: so many pods in its list, and a watch of so many lives. Each who asks may meet another cluster, with a log of its own. */
export type Served = Readonly<{
  listed: number;
  lived: number;
  atOnce: number;
  anotherCluster: boolean;
  /** Unless told: as fast as it is read. */
  pace?: Pace;
  /** Whether it leaves out of watches of pods what it is asked to (KEP-5866). */
  divides?: boolean;
}>;

/** So many frames a second, for so long. */
export type Pace = Readonly<{ perSecond: number; seconds: number }>;

/** When each frame of a paced watch was given to its socket, epoch milliseconds; told once all of them were. */
export type Sent = Readonly<{ sentAt: readonly number[] }>;

const CHUNK_BYTES = 64 * 1024;
const TICK_MS = 5;
const LIST_VERSION = 1_000;
const CLUSTER = 'c1b7b2de-8bb0-4f3c-9d0c-2f5f7a4a7f10';

process.once('disconnect', () => process.exit());

const served = JSON.parse(process.argv[2] ?? '{}') as Served;
const lives = Lives.recorded(served.pace && Date.now());
const namespaces = new Set<string>();
const { chunks, frames, bytes, last } = madeReady(served.pace);
/** Of the last watch of pods. */
let sentBytes = 0;

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://server');
  if (request.method === 'POST') return json(response, { status: { allowed: true } });
  if (url.pathname === '/version') return json(response, { major: '1', minor: '33', gitVersion: 'v1.33.0' });
  if (url.pathname === '/api/v1/namespaces/kube-system')
    return json(response, { metadata: { name: 'kube-system', uid: served.anotherCluster ? randomUUID() : CLUSTER } });
  if (url.pathname === '/sent') return json(response, { bytes: sentBytes });
  const isPods = url.pathname === '/api/v1/pods';
  const selector = served.divides ? url.searchParams.get('shardSelector') : null;
  if (url.searchParams.has('watch')) return isPods ? watch(response, selector) : open(response);
  if (isPods && selector !== null)
    return json(response, { metadata: { resourceVersion: String(LIST_VERSION), shardInfo: { selector } }, items: [] });
  if (isPods) return page(response, Number(url.searchParams.get('limit')), Number(url.searchParams.get('continue')));
  if (url.pathname === '/api/v1/namespaces') return json(response, namespaceList());
  return json(response, { metadata: { resourceVersion: String(LIST_VERSION) }, items: [] });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, frames, bytes, last });

/** Ends with an open connection, as a watch on which nothing happens any more. */
function watch(response: ServerResponse, selector: string | null): void {
  open(response);
  if (served.pace) return void inTime(response, served.pace);
  const sent = selector === null ? chunks : ofRanges(selector);
  sentBytes = sent.reduce((sum, chunk) => sum + chunk.length, 0);
  Readable.from(sent).pipe(response, { end: false });
}

/** What is in the ranges of a selector, and the position of all at the end, as a bookmark tells it. */
function ofRanges(selector: string): readonly Buffer[] {
  const ranges = [...selector.matchAll(/'(0x\w+)', '(0x\w+)'/g)].map(([, from = '', to = '']) => ({
    from: BigInt(from),
    to: BigInt(to),
  }));
  const isIn = (namespace: string) =>
    ranges.some(({ from, to }) => from <= shardHash(namespace) && shardHash(namespace) < to);
  const wanted = new Set([...namespaces].filter(isIn));
  const bookmark = { type: 'BOOKMARK', object: { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: last } } };
  return [...madeReady(undefined, wanted).chunks, Buffer.from(`${JSON.stringify(bookmark)}\n`)];
}

function namespaceList(): object {
  const items = [...namespaces].map((name) => ({ metadata: { name, uid: randomUUID(), resourceVersion: '1' } }));
  return { metadata: { resourceVersion: String(LIST_VERSION) }, items };
}

/** Each frame when its time has come; one that is late because this process was is sent at once. */
async function inTime(response: ServerResponse, { perSecond }: Pace): Promise<void> {
  const began = performance.now();
  const sentAt: number[] = [];
  while (sentAt.length < chunks.length) {
    const due = Math.min(chunks.length, Math.ceil(((performance.now() - began) / 1_000) * perSecond));
    const now = Date.now();
    for (const frame of chunks.slice(sentAt.length, due)) {
      response.write(frame);
      sentAt.push(now);
    }
    await sleep(TICK_MS);
  }
  process.send?.({ sentAt } satisfies Sent);
}

function open(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
}

function page(response: ServerResponse, limit: number, from: number): void {
  const to = Math.min(served.listed, from + limit);
  const items = Array.from({ length: to - from }, (_, nth) => lives.item(from + nth, LIST_VERSION));
  const more = to < served.listed ? `,"continue":"${to}"` : '';
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    `{"kind":"PodList","metadata":{"resourceVersion":"${LIST_VERSION}"${more}},"items":[${items.join(',')}]}`,
  );
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** In pieces as large as they are read, or, where frames are sent in time, each by itself; where told, of these namespaces alone. */
function madeReady(
  pace: Pace | undefined,
  wanted?: ReadonlySet<string>,
): { chunks: readonly Buffer[]; frames: number; bytes: number; last: string } {
  const ready: Buffer[] = [];
  let text: string[] = [];
  let [held, count, total] = [0, 0, 0];
  const end = () => {
    if (text.length > 0) ready.push(Buffer.from(text.join('')));
    text = [];
    held = 0;
  };
  for (const line of lives.watch({ pods: served.lived, atOnce: served.atOnce, from: LIST_VERSION })) {
    const [, namespace = ''] = /"namespace":"([^"]*)"/.exec(line) ?? [];
    if (wanted && !wanted.has(namespace)) continue;
    namespaces.add(namespace);
    text.push(line);
    count += 1;
    total += line.length;
    held += line.length;
    if (pace || held >= CHUNK_BYTES) end();
    if (pace && count === pace.perSecond * pace.seconds) break;
  }
  end();
  return { chunks: ready, frames: count, bytes: total, last: String(LIST_VERSION + count) };
}

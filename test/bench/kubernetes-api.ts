import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

import { Lives } from './stream.js';

// A process of its own: an API server that has nothing else to do than to send what was made ready before.

/** What to serve: so many pods in its list, and a watch of so many lives. Each who asks may meet another cluster, with a log of its own. */
export type Served = Readonly<{ listed: number; lived: number; atOnce: number; anotherCluster: boolean }>;

const CHUNK_BYTES = 64 * 1024;
const LIST_VERSION = 1_000;
const CLUSTER = 'c1b7b2de-8bb0-4f3c-9d0c-2f5f7a4a7f10';

process.once('disconnect', () => process.exit());

const served = JSON.parse(process.argv[2] ?? '{}') as Served;
const lives = Lives.recorded();
const { chunks, frames, bytes, last } = madeReady();

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://server');
  if (request.method === 'POST') return json(response, { status: { allowed: true } });
  if (url.pathname === '/version') return json(response, { major: '1', minor: '33', gitVersion: 'v1.33.0' });
  if (url.pathname === '/api/v1/namespaces/kube-system')
    return json(response, { metadata: { name: 'kube-system', uid: served.anotherCluster ? randomUUID() : CLUSTER } });
  const isPods = url.pathname === '/api/v1/pods';
  if (url.searchParams.has('watch')) return isPods ? watch(response) : open(response);
  if (isPods) return page(response, Number(url.searchParams.get('limit')), Number(url.searchParams.get('continue')));
  return json(response, { metadata: { resourceVersion: String(LIST_VERSION) }, items: [] });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, frames, bytes, last });

/** Ends with an open connection, as a watch on which nothing happens any more. */
function watch(response: ServerResponse): void {
  open(response);
  Readable.from(chunks).pipe(response, { end: false });
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

function madeReady(): { chunks: readonly Buffer[]; frames: number; bytes: number; last: string } {
  const ready: Buffer[] = [];
  let text: string[] = [];
  let [held, count, total] = [0, 0, 0];
  const end = () => {
    if (text.length > 0) ready.push(Buffer.from(text.join('')));
    text = [];
    held = 0;
  };
  for (const line of lives.watch({ pods: served.lived, atOnce: served.atOnce, from: LIST_VERSION })) {
    text.push(line);
    count += 1;
    total += line.length;
    held += line.length;
    if (held >= CHUNK_BYTES) end();
  }
  end();
  return { chunks: ready, frames: count, bytes: total, last: String(LIST_VERSION + count) };
}

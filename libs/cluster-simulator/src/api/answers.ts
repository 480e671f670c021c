import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import type { ApiError } from './api-error.js';
import type { Fields } from './kube-object.js';

/** Answers shorter than this are not worth compressing (gate APIResponseCompression). */
const compressFrom = 128 * 1024;
/** Lists longer than this are written bit by bit: as one text they could be longer than a text may be. */
const streamFrom = 1_000;
const bitsOf = 256;

const acceptsGzip = (request: IncomingMessage): boolean => /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');

/** Answers with a JSON body, compressed where it is long and the client takes that. */
export function answerJson(request: IncomingMessage, response: ServerResponse, code: number, body: Fields): void {
  const text = Buffer.from(`${JSON.stringify(body)}\n`);
  const compress = text.length > compressFrom && request.method === 'GET' && acceptsGzip(request);
  const bytes = compress ? gzipSync(text, { level: 1 }) : text;
  response.writeHead(code, {
    ...headers,
    'content-length': bytes.length,
    ...(compress && { 'content-encoding': 'gzip', vary: 'Accept-Encoding' }),
  });
  response.end(bytes);
}

const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' };

/** Answers with a list of any length. */
export async function answerList(request: IncomingMessage, response: ServerResponse, list: Fields): Promise<void> {
  const items = list['items'];
  if (!Array.isArray(items) || items.length < streamFrom) return answerJson(request, response, 200, list);
  const compress = acceptsGzip(request);
  response.writeHead(200, { ...headers, ...(compress && { 'content-encoding': 'gzip', vary: 'Accept-Encoding' }) });
  const text = Readable.from(bits(list, items));
  await (compress ? pipeline(text, createGzip({ level: 1 }), response) : pipeline(text, response));
}

function* bits(list: Fields, items: readonly unknown[]): Generator<string> {
  const { items: _, ...head } = list;
  yield `${JSON.stringify(head).slice(0, -1)},"items":[`;
  for (let start = 0; start < items.length; start += bitsOf) {
    const bit = JSON.stringify(items.slice(start, start + bitsOf)).slice(1, -1);
    yield start === 0 ? bit : `,${bit}`;
  }
  yield ']}\n';
}

/** Answers with text. */
export function answerText(
  response: ServerResponse,
  code: number,
  text: string,
  more: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', ...more });
  response.end(text);
}

/** Answers with a refusal. */
export function answerError(request: IncomingMessage, response: ServerResponse, error: ApiError): void {
  const retry = error.details?.retryAfterSeconds;
  if (retry !== undefined) response.setHeader('retry-after', String(retry));
  answerJson(request, response, error.code, error.toStatus());
}

import { createHash } from 'node:crypto';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, map, of, switchMap, type Observable } from 'rxjs';
import { scopeKey, viewerOf } from '#libs/access';
import { cursorOf, placeOf, type Place } from '../asking/cursor.js';
import { ReportReader } from '../reading/report-reader.js';
import type { Meta, Page } from '../shapes/common.js';

/** Changes with the shapes of answers: what was cached of others is not theirs. */
const shapes = 'v1';

/** While nothing is recorded, what is asked of now changes with time alone; it is good for so long. */
const sliceMs = 5_000;

type Asked = Readonly<Record<string, string | undefined>>;

/**
 * What HTTP adds to an answer: how it may be cached, a weak ETag made of its place, the question and the viewer's rights, and
 * the link to the next page. A question whose answer is known already is answered 304 before anything is read but the place.
 */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  constructor(private readonly reader: ReportReader) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    void reply.header('cache-control', 'private, no-cache').header('vary', 'Authorization, Accept');
    const answered = next.handle().pipe(map((body: unknown) => adorned(request, reply, body)));
    const known = request.headers['if-none-match'];
    if (known === undefined || request.method !== 'GET') return answered;

    return from(this.placeOf(request)).pipe(
      switchMap((place) => {
        const tag = place && tagOf(request, place);
        if (tag === undefined || !known.split(',').some((one) => one.trim() === tag)) return answered;
        void reply.header('etag', tag).code(304);
        return of(undefined);
      }),
    );
  }

  /** The place that the answer would be as of; undefined where the question is wrong, which the answer will say. */
  private async placeOf(request: FastifyRequest): Promise<Place | undefined> {
    const { asOf, cursor, minPosition } = request.query as Asked;
    if (cursor !== undefined) return cursorOf(cursor)?.place;
    if ([asOf, minPosition].some((one) => one !== undefined && typeof one !== 'string')) return undefined;
    return this.reader.placeNow(viewerOf(request), { asOf, minPosition }).catch(() => undefined);
  }
}

function adorned(request: FastifyRequest, reply: FastifyReply, body: unknown): unknown {
  const { meta, page } = (typeof body === 'object' && body !== null ? body : {}) as Partial<{ meta: Meta; page: Page }>;
  const place = meta && placeOf(meta.position);
  if (place) void reply.header('etag', tagOf(request, place));
  if (page?.nextCursor) void reply.header('link', `<${nextLink(request, page.nextCursor)}>; rel="next"`);
  return body;
}

function nextLink(request: FastifyRequest, cursor: string): string {
  const url = new URL(request.url, 'http://here');
  url.searchParams.set('cursor', cursor);
  return `${url.pathname}${url.search}`;
}

function tagOf(request: FastifyRequest, { positions, asOf }: Place): string {
  const { asOf: pinned, cursor } = request.query as Asked;
  const time = pinned === undefined && cursor === undefined ? Math.floor(asOf / sliceMs) : 'pinned';
  const sorted = Object.entries(positions).toSorted(([a], [b]) => Number(a) - Number(b));
  const told = JSON.stringify([
    shapes,
    sorted,
    time,
    request.url,
    request.headers.accept ?? '',
    scopeKey(viewerOf(request)),
  ]);
  return `W/"${shapes}-${createHash('sha256').update(told).digest('base64url').slice(0, 27)}"`;
}

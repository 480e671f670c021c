import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AuditError, PROBLEM_MEDIA_TYPE, toProblem } from '#libs/platform';
import { rememberRoutes } from './known-routes.js';
import { sendProblem } from './problem.filter.js';

/** No request here carries more than a GraphQL query. */
const bodyLimit = 256 * 1024;

/** The HTTP server of every process that answers: what it refuses before Nest sees it is problem+json too. */
export function apiAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit,
    routerOptions: { maxParamLength: 500 },
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    frameworkErrors: refuseBadUrl,
    clientErrorHandler: refuseUnreadable,
  });
  const server = adapter.getInstance<FastifyInstance>();
  server.addHook('onRequest', refuseNul);
  rememberRoutes(server);
  return adapter;
}

/** A URL that cannot be decoded meets no route. */
function refuseBadUrl(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(new AuditError('query-invalid', error.message, { cause: error }), request, reply);
}

/** No name, time or token holds the character NUL, and PostgreSQL takes no text that does. */
function refuseNul(request: FastifyRequest, reply: FastifyReply, next: () => void): void {
  if (!request.url.includes('%00')) return next();
  sendProblem(new AuditError('query-invalid', 'The URL holds the character NUL (%00)'), request, reply);
}

/** What is no HTTP at all: there is no request yet, only a socket. */
function refuseUnreadable({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const error =
    code === 'HPE_HEADER_OVERFLOW'
      ? new AuditError('headers-too-large', 'URL and headers together are too long', {
          remedy: 'Ask with fewer or shorter parameters.',
        })
      : new AuditError('request-invalid', 'This is no request of HTTP that can be read', {
          remedy: 'Escape the URL: a space is %20.',
        });
  const problem = toProblem(error);
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      `content-type: ${PROBLEM_MEDIA_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'cache-control: no-store',
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

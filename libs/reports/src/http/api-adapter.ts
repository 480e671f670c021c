import { randomUUID } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AuditError } from '#libs/platform';
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
  });
  rememberRoutes(adapter.getInstance<FastifyInstance>());
  return adapter;
}

/** A URL that cannot be decoded meets no route. */
function refuseBadUrl(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(new AuditError('query-invalid', error.message, { cause: error }), request, reply);
}

import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditError, Logger, PROBLEM_MEDIA_TYPE, toProblem, type AuditErrorCode } from '#libs/platform';
import { methodsOf } from './known-routes.js';

/** Answers every refusal and every failure as problem+json (RFC 9457), and logs what is a bug or an outage, once. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger.child({ component: 'http' });
  }

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const error = refusalOf(thrown, request);
    if (!(error instanceof AuditError))
      this.logger.error({ error, requestId: request.id, url: request.url }, 'a request failed');
    else if (error.code === 'database-unreachable' || error.code === 'database-version')
      this.logger.warn({ error, requestId: request.id }, 'a request could not be answered');
    if (reply.sent || reply.raw.headersSent) return void reply.raw.destroy();
    sendProblem(error, request, reply);
  }
}

/** Sends an error as problem+json, with the headers that its kind asks for. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, ...problem } = toProblem(error, request.url.split('?')[0]);
  const { retryAfterSeconds, allow } = error instanceof AuditError ? error.details : {};
  if (status === 401) void reply.header('www-authenticate', 'Bearer realm="initledger"');
  if (typeof retryAfterSeconds === 'number') void reply.header('retry-after', String(retryAfterSeconds));
  if (Array.isArray(allow)) void reply.header('allow', allow.join(', '));
  void reply
    .code(status)
    .header('cache-control', 'no-store')
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(Buffer.from(JSON.stringify({ ...problem, status, requestId: request.id })));
}

/** What Nest and Fastify refuse by themselves, in our words; anything else stays what it is. */
function refusalOf(thrown: unknown, request: FastifyRequest): unknown {
  if (thrown instanceof AuditError || !(thrown instanceof Error)) return thrown;
  const status = statusOf(thrown);
  if (status === undefined || status >= 500) return thrown;
  if (status === 404) return unknownRoute(request);
  return new AuditError(codes[status] ?? 'query-invalid', thrown.message, { cause: thrown });
}

const codes: Readonly<Record<number, AuditErrorCode>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  405: 'method-not-allowed',
  406: 'format-unsupported',
  409: 'conflict',
  413: 'body-too-large',
  414: 'body-too-large',
  415: 'media-type-unsupported',
  429: 'too-many-requests',
};

function statusOf(error: Error): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  return 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** A path that is known under other methods is 405, any other 404. */
function unknownRoute(request: FastifyRequest): AuditError {
  const [path = ''] = request.url.split('?');
  const allow = methodsOf(request.server, path);
  if (allow.length > 0)
    return new AuditError('method-not-allowed', `${path} does not answer ${request.method}`, { details: { allow } });
  return new AuditError('route-unknown', `There is nothing at ${path}`, { remedy: '/openapi.json lists every path' });
}

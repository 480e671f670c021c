import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql/index.js';
import { mercurius, type MercuriusOptions } from 'mercurius';
import { viewerOf } from '#libs/access';
import { AuditError, Logger, toProblem, type AuditErrorCode } from '#libs/platform';
import { sendProblem } from '../http/problem.filter.js';
import { ReportsModule } from '../reports.module.js';
import { deepest, refuseTooComplex } from './limits.js';
import { Questions } from './questions.js';
import { graphqlSchema, type Asking } from './schema.js';

/**
 * Answers GraphQL at `/graphql` by Mercurius on Nest's Fastify. Not by a Nest driver: the schema is made of the schemas of
 * REST's answers, so there is nothing for decorators to say twice.
 */
@Module({ imports: [ReportsModule], providers: [Questions] })
export class GraphqlModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly questions: Questions,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    // Not awaited: that would boot the server before Nest has set its error handler.
    void fastify.register(async (server) => {
      await server.register(mercurius, this.options());
      server.graphql.addHook('preExecution', (schema, document, _context, variables) => {
        refuseTooComplex(schema, document, variables);
      });
    });
  }

  private options(): MercuriusOptions {
    return {
      schema: graphqlSchema(this.questions),
      path: '/graphql',
      queryDepth: deepest,
      allowBatchedQueries: false,
      graphiql: false,
      context: asking,
      errorFormatter: ({ data, errors }, { reply }) => ({
        statusCode: statusOf(errors),
        response: {
          data: data ?? null,
          errors: errors.flatMap(single).map((error) => this.formatted(error, reply?.request.id)),
        },
      }),
      errorHandler: (error, request, reply) => {
        if (error instanceof AuditError) return sendProblem(error, request, reply);
        const errors = single(error).map((one) => this.formatted(one, request.id));
        void reply.code(statusOf([error])).send({ data: null, errors });
      },
    };
  }

  /** A refusal keeps its words and its code; of a bug or an outage the caller learns where in the log it stands. */
  private formatted(error: GraphQLError | Error, requestId: string | undefined): GraphQLFormattedError {
    const said = error instanceof GraphQLError ? error.toJSON() : { message: error.message };
    const cause = causeOf(error);
    if (!cause) return { ...said, extensions: { code: 'query-invalid', ...said.extensions } };
    const status = ownStatus(cause);
    if (status !== undefined && status < 500) {
      return { ...said, message: cause.message, extensions: { code: codeOf(status), requestId } };
    }

    const { code, detail, title: _title, type: _type, status: answered, ...members } = toProblem(cause);
    if (answered === 500) this.logger.error({ component: 'graphql', error: cause, requestId }, 'a question failed');
    return { ...said, message: detail, extensions: { ...members, code, requestId } };
  }
}

/** Mercurius makes it of refused requests too, of which nobody knows who sent them: so who asks is looked up when it matters. */
const asking = (request: FastifyRequest): Asking => ({
  get viewer() {
    return viewerOf(request);
  },
});

/** Mercurius refuses a query that is not valid with one error, which holds those that say why. */
function single(error: GraphQLError | Error): readonly (GraphQLError | Error)[] {
  const held = error instanceof GraphQLError ? error.originalError : error;
  const errors = held && 'errors' in held ? held.errors : undefined;
  const areOfTheQuery =
    Array.isArray(errors) && errors.length > 0 && errors.every((one) => one instanceof GraphQLError);
  return areOfTheQuery ? errors : [error];
}

/** What a resolver, or the server around it, threw; undefined where the query itself is wrong. */
function causeOf(error: GraphQLError | Error): Error | undefined {
  if (!(error instanceof GraphQLError)) return error;
  const { originalError } = error;
  return originalError instanceof GraphQLError ? undefined : originalError;
}

const refusedAs: Readonly<Record<number, AuditErrorCode>> = {
  405: 'method-not-allowed',
  413: 'body-too-large',
  415: 'media-type-unsupported',
};

const codeOf = (status: number): AuditErrorCode => refusedAs[status] ?? 'query-invalid';

const ownStatus = (error: Error): number | undefined =>
  'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;

/**
 * A request that cannot be read has the status of its kind, a question that cannot be asked is 400; one that was asked is 200,
 * whatever is refused in it, as GraphQL over HTTP has it.
 */
function statusOf(errors: readonly (GraphQLError | Error)[]): number {
  const own = errors
    .map((error) => causeOf(error))
    .map((cause) => cause && ownStatus(cause))
    .find((status) => status !== undefined);
  if (own !== undefined) return own;
  const wasAsked = errors.some((error) => error instanceof GraphQLError && error.path !== undefined);
  return wasAsked ? 200 : 400;
}

import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql/index.js';
import { mercurius } from 'mercurius';
import { viewerOf } from '#libs/access';
import { Logger, toProblem } from '#libs/platform';
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

  async onModuleInit(): Promise<void> {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    await fastify.register(mercurius, {
      schema: graphqlSchema(this.questions),
      path: '/graphql',
      queryDepth: deepest,
      allowBatchedQueries: false,
      graphiql: false,
      context: (request): Asking => ({ viewer: viewerOf(request) }),
      errorFormatter: ({ data, errors }, { reply }) => ({
        statusCode: statusOf(data, errors),
        response: { data: data ?? null, errors: errors.map((error) => this.formatted(error, reply?.request.id)) },
      }),
    });
    fastify.graphql.addHook('preExecution', (schema, document, _context, variables) => {
      refuseTooComplex(schema, document, variables);
    });
  }

  /** A refusal keeps its words and its code; of a bug or an outage the caller learns where in the log it stands. */
  private formatted(error: GraphQLError | Error, requestId: string | undefined): GraphQLFormattedError {
    const cause = error instanceof GraphQLError ? error.originalError : error;
    const said = error instanceof GraphQLError ? error.toJSON() : { message: error.message };
    const isOfQuery = !cause || 'statusCode' in cause || cause instanceof GraphQLError;
    if (isOfQuery) return { ...said, extensions: { code: 'query-invalid', ...said.extensions } };

    const { code, detail, title: _title, type: _type, status, ...members } = toProblem(cause);
    if (status === 500) this.logger.error({ component: 'graphql', error: cause, requestId }, 'a question failed');
    return { ...said, message: detail, extensions: { ...members, code, requestId } };
  }
}

/** A question that could not be asked is 400; one that was answered with refusals in it is 200, as GraphQL over HTTP has it. */
const statusOf = (data: unknown, errors: readonly unknown[]): number => {
  const isRefused = errors.some(
    (error) =>
      error instanceof GraphQLError &&
      (error.originalError !== undefined ||
        error.path !== undefined ||
        error.extensions['code'] === 'query-too-complex'),
  );
  return data !== null && data !== undefined ? 200 : isRefused ? 200 : 400;
};

import { applyDecorators, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { AnswerInterceptor } from './answer.interceptor.js';

const refusals: readonly (readonly [status: number, description: string])[] = [
  [400, 'The question is wrong; errors names the parameters'],
  [401, 'A bearer token is needed'],
  [404, 'Not known, or not to be seen by this caller'],
  [410, 'Below the retention horizon; historyFrom says from when there is history'],
  [503, 'Not told yet, or the database does not answer; ask again after Retry-After'],
];

/** A question over the read models: what it answers, how it may be cached, and how it refuses. */
export const Answers = (summary: string, answer: StandardSchemaV1): MethodDecorator =>
  applyDecorators(
    ApiBearerAuth(),
    ApiOperation({ summary }),
    ApiOkResponse({ standardSchema: answer, description: summary }),
    ...refusals.map(([status, description]) =>
      ApiResponse({
        status,
        description,
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      }),
    ),
    UseInterceptors(AnswerInterceptor),
  );

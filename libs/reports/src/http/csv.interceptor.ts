import {
  Injectable,
  SetMetadata,
  type CallHandler,
  type CustomDecorator,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import type { List } from '../shapes/common.js';
import { toCsv } from '../statistics/csv.js';

const COLUMNS = 'csvColumns';

/** The columns of a report's CSV, in their order. */
export const CsvColumns = (shape: Readonly<Record<string, unknown>>): CustomDecorator =>
  SetMetadata(COLUMNS, Object.keys(shape));

/** Writes a report as CSV where `format` or Accept asks for it; what it stands on goes into headers. */
@Injectable()
export class CsvInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { format } = request.query as Readonly<{ format?: string }>;
    const accept = request.headers.accept ?? '';
    const isCsv =
      format === undefined ? accept.includes('text/csv') && !accept.includes('application/json') : format === 'csv';
    if (!isCsv) return next.handle();

    const columns = this.reflector.get<readonly string[]>(COLUMNS, context.getHandler());
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((answer: List<Readonly<Record<string, unknown>>>) => {
        void reply
          .header('content-type', 'text/csv; charset=utf-8; header=present')
          .header('initledger-position', answer.meta.position)
          .header('initledger-as-of', answer.meta.asOf)
          .header('initledger-complete', String(answer.meta.complete));
        return toCsv(columns, answer.items);
      }),
    );
  }
}

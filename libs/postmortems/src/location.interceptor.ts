import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { tap, type Observable } from 'rxjs';
import type { One } from '#libs/reports';
import type { Postmortem } from './postmortem.schema.js';

/** Says where the postmortem that was just written can be read again. */
@Injectable()
export class LocationInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next
      .handle()
      .pipe(tap(({ data }: One<Postmortem>) => void reply.header('location', `/api/v1/postmortems/${data.id}`)));
  }
}

import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import type { One } from '#libs/reports';
import { markdown } from './markdown.js';
import type { Postmortem } from './postmortem.schema.js';

/** Writes a postmortem as Markdown where `format` or Accept asks for it. */
@Injectable()
export class MarkdownInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { format } = request.query as Readonly<{ format?: string }>;
    const accept = request.headers.accept ?? '';
    const isMarkdown = format === undefined ? accept.includes('text/markdown') : format === 'markdown';
    if (!isMarkdown) return next.handle();

    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map(({ data }: One<Postmortem>) => {
        void reply.header('content-type', 'text/markdown; charset=utf-8');
        return markdown(data);
      }),
    );
  }
}

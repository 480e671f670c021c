import { Readable } from 'node:stream';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentViewer, type Viewer } from '#libs/access';
import { HappeningStream } from './happening-stream.js';
import { StreamFilter } from './stream.schema.js';

@ApiTags('Stream')
@Controller('api/v1/stream')
export class StreamController {
  constructor(private readonly stream: HappeningStream) {}

  @Get()
  @ApiBearerAuth()
  @ApiProduces('text/event-stream')
  @ApiOperation({
    summary:
      'Happenings as server-sent events, as they are derived; resumed by Last-Event-ID without hole or duplicate',
  })
  async listen(
    @CurrentViewer() viewer: Viewer,
    @Query({ schema: StreamFilter }) filter: StreamFilter,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await reply.headers(eventStream).send(await this.open(viewer, filter, request));
  }

  private async open(viewer: Viewer, filter: StreamFilter, request: FastifyRequest): Promise<Readable> {
    const header = request.headers['last-event-id'];
    const listening = {
      filter,
      lastEventId: (typeof header === 'string' ? header : undefined) ?? filter.lastEventId,
      signal: gone(request),
    };
    const from = await this.stream.begin(viewer, listening);
    return Readable.from(this.stream.listen(viewer, listening, from), { objectMode: false, highWaterMark: 64 * 1024 });
  }
}

const eventStream = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'private, no-cache, no-transform',
  'x-accel-buffering': 'no',
  // A connection that is kept for a next request would hold up the end of the process.
  connection: 'close',
};

/** Says when the listener has gone. */
function gone(request: FastifyRequest): AbortSignal {
  const going = new AbortController();
  request.raw.socket.once('close', () => going.abort());
  return going.signal;
}

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentViewer, type Viewer } from '#libs/access';
import { LedgerQuery } from './ledger.query.js';

const plain = 'text/plain; charset=utf-8';
/** What a checkpoint covers never changes. */
const forEver = 'private, max-age=31536000, immutable';

const zipped = promisify(gzip);
/** Whoever names it with `q=0` does not want it. */
const takesGzip = /(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))|,|$)/u;

const Serves =
  (summary: string, type: string): MethodDecorator =>
  (target, key, descriptor) => {
    ApiBearerAuth()(target, key, descriptor);
    ApiOperation({ summary })(target, key, descriptor);
    ApiOkResponse({ description: summary, content: { [type]: { schema: { type: 'string' } } } })(
      target,
      key,
      descriptor,
    );
  };

/** The logs as others audit them: C2SP tlog-tiles. The shard of acts is the cluster's with `-acts`. */
@ApiTags('Ledger')
@Controller('api/v1/ledger/:shard')
export class LedgerController {
  constructor(private readonly ledger: LedgerQuery) {}

  @Get('checkpoint')
  @Header('content-type', plain)
  @Header('cache-control', 'private, no-cache')
  @Serves('The newest signed checkpoint of a log: its size and the hash over it (C2SP tlog-checkpoint)', 'text/plain')
  checkpoint(@CurrentViewer() viewer: Viewer, @Param('shard') shard: string): Promise<string> {
    return this.ledger.checkpoint(viewer, shard);
  }

  @Get('keys')
  @Header('content-type', plain)
  @Header('cache-control', 'private, no-cache')
  @Serves('The keys that checkpoints verify by, one a line (C2SP signed-note)', 'text/plain')
  keys(@CurrentViewer() viewer: Viewer, @Param('shard') shard: string): Promise<string> {
    return this.ledger.keys(viewer, shard);
  }

  @Get('minimum-index')
  @Header('content-type', plain)
  @Header('cache-control', 'private, no-cache')
  @Serves('Entries and hashes of level 0 below it were dropped (C2SP tlog-tiles, pruning); 0: none', 'text/plain')
  minimumIndex(@CurrentViewer() viewer: Viewer, @Param('shard') shard: string): Promise<string> {
    return this.ledger.minimumIndex(viewer, shard);
  }

  @Get('tile/*')
  @ApiParam({ name: 'path', description: 'LEVEL/INDEX or entries/INDEX, as C2SP tlog-tiles writes them' })
  @Header('content-type', 'application/octet-stream')
  @Header('cache-control', forEver)
  @Serves('A tile of the Merkle tree, or a bundle of entries (C2SP tlog-tiles)', 'application/octet-stream')
  async tile(
    @CurrentViewer() viewer: Viewer,
    @Param('shard') shard: string,
    @Param('*') path: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const bytes = await this.ledger.tile(viewer, shard, path);
    // Hashes do not get smaller; entries, which are text, do.
    if (!path.startsWith('entries/')) return bytes;
    reply.header('vary', 'accept-encoding');
    if (!takesGzip.test(reply.request.headers['accept-encoding'] ?? '')) return bytes;
    reply.header('content-encoding', 'gzip');
    return zipped(bytes);
  }

  @Get('proof/:position')
  @Header('content-type', plain)
  @Serves('What proves one event offline (C2SP tlog-proof)', 'text/plain')
  proof(
    @CurrentViewer() viewer: Viewer,
    @Param('shard') shard: string,
    @Param('position') position: string,
  ): Promise<string> {
    return this.ledger.proof(viewer, shard, position);
  }
}

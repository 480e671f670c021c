import { Injectable } from '@nestjs/common';
import { parseTilePath, type Ledger, type LogName } from '#libs/event-store';
import type { Viewer } from '#libs/access';
import { AuditError } from '#libs/platform';
import { sql } from '../asking/sql.js';
import { ReportsDatabase, type Snapshot } from '../reading/reports-database.js';

type Wanted = Readonly<{ shardId: number; log: LogName; ledger: Ledger }>;

/** The proofs of the logs. They speak of all of a cluster, so that they are for who may see all of its pods. */
@Injectable()
export class LedgerQuery {
  constructor(private readonly database: ReportsDatabase) {}

  /** The newest checkpoint. @throws AuditError `shard-unknown`, or `proof-unknown` before the first */
  checkpoint(viewer: Viewer, shard: string): Promise<string> {
    return this.look(viewer, shard, async ({ ledger, shardId }) => {
      const note = await ledger.checkpoint(shardId);
      if (note === undefined) throw new AuditError('proof-unknown', `Shard ${shard} has no checkpoint yet`);
      return note;
    });
  }

  /** Verifier keys, one a line. @throws AuditError `shard-unknown` */
  keys(viewer: Viewer, shard: string): Promise<string> {
    return this.look(viewer, shard, async ({ ledger, shardId }) =>
      (await ledger.keys(shardId)).map((vkey) => `${vkey}\n`).join(''),
    );
  }

  /** The index from which on there are entries. @throws AuditError `shard-unknown` */
  minimumIndex(viewer: Viewer, shard: string): Promise<string> {
    return this.look(viewer, shard, async ({ ledger, shardId }) => `${await ledger.minimumIndex(shardId)}\n`);
  }

  /** A tile, or a bundle of entries, by its path. @throws AuditError `shard-unknown`, or `proof-unknown` for one that is not sealed, or was dropped */
  tile(viewer: Viewer, shard: string, path: string): Promise<Buffer> {
    return this.look(viewer, shard, async ({ ledger, shardId }) => {
      const wanted = parseTilePath(path);
      const bytes = wanted && (await ledger.tile(shardId, wanted));
      if (!bytes)
        throw new AuditError(
          'proof-unknown',
          `Shard ${shard} has no tile ${path}: no checkpoint covers it, or it was dropped`,
        );
      return bytes;
    });
  }

  /** What proves one event, as a `.tlog-proof` file. The text of Events and logs is in it only for who may read those. */
  proof(viewer: Viewer, shard: string, position: string): Promise<string> {
    return this.look(viewer, shard, ({ ledger, shardId }) => {
      if (!/^(0|[1-9]\d{0,14})$/u.test(position))
        throw new AuditError('proof-unknown', `${position} is no position of shard ${shard}`);
      return ledger.proof(shardId, Number(position), viewer.events === 'all' && viewer.logs === 'all');
    });
  }

  private look<T>(viewer: Viewer, shard: string, tell: (wanted: Wanted) => Promise<T>): Promise<T> {
    const [, digits, acts] = /^(\d{1,9})(-acts)?$/u.exec(shard) ?? [];
    if (digits === undefined) throw unknown(shard);
    return this.database.snapshot(async (snapshot) => {
      const shardId = Number(digits);
      if (!(await isSeen(snapshot, viewer, shardId))) throw unknown(shard);
      const log = acts === undefined ? 'event' : 'act_event';
      return tell({ shardId, log, ledger: snapshot.ledger(log) });
    });
  }
}

async function isSeen(snapshot: Snapshot, viewer: Viewer, shardId: number): Promise<boolean> {
  if (viewer.pods !== 'all') return false;
  const [row] = await snapshot.rows<{ cluster_uid: string }>(
    sql`SELECT cluster_uid FROM shard WHERE shard_id = ${shardId}`,
  );
  return row !== undefined && (viewer.clusterUid === null || viewer.clusterUid === row.cluster_uid);
}

const unknown = (shard: string): AuditError => new AuditError('shard-unknown', `No shard ${shard} is known here`);

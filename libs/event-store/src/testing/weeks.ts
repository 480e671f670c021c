import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createPool, silentLogger, type Pool } from '#libs/platform';
import { freshDatabase, type FreshDatabase } from '#testing/platform';

import type { LogName, NewEvent } from '../event.js';
import { EventWriter } from '../event-writer.js';
import type { Sealing } from '../ledger/checkpointer.js';
import { CheckpointsFile } from '../ledger/checkpoints-file.js';
import { Ledger } from '../ledger/ledger.js';
import { parseVerifier } from '../ledger/signed-note.js';
import { verifyLog, type Verdict } from '../ledger/verify-log.js';
import { ActWriters } from '../segments/act-writers.js';
import { Retention, type Looked, type RetentionNeeds } from '../segments/retention.js';
import { someShard } from './events.js';

const WEEK_MS = 7 * 86_400_000;

/** A log of weeks that are over, in a database of its own, with a folder beside it. */
export class Weeks {
  /** A Monday: weeks are partitions. */
  clock = Date.parse('2026-01-05T00:00:00Z');

  readonly database: FreshDatabase;
  readonly owner: Pool;
  readonly folder: string;
  readonly sealing: Sealing;
  readonly shardId: number;
  readonly acts: ActWriters;

  private constructor(parts: Pick<Weeks, 'database' | 'owner' | 'folder' | 'sealing' | 'shardId' | 'acts'>) {
    ({
      database: this.database,
      owner: this.owner,
      folder: this.folder,
      sealing: this.sealing,
      shardId: this.shardId,
      acts: this.acts,
    } = parts);
  }

  /** @param clusterUid unless told, a new cluster; null: none is registered */
  static async open(clusterUid?: string | null): Promise<Weeks> {
    const database = await freshDatabase();
    const folder = await mkdtemp(path.join(tmpdir(), 'initledger-weeks-'));
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    // Whoever writes seals what it wrote when it is closed, and not before: then it is known what a look finds sealed.
    const sealing = { keys: [pem], file: new CheckpointsFile(path.join(folder, 'checkpoints')), everyMs: 3_600_000 };
    const shardId = clusterUid === null ? 1 : await someShard(database.pool, clusterUid ? { clusterUid } : {});
    const owner = createPool(database.adminUrl, { name: 'owner', max: 2, statementTimeoutMs: 60_000 });
    const acts = new ActWriters({ pool: database.database.projection, sealing });
    return new Weeks({ database, owner, folder, sealing, shardId, acts });
  }

  get pool(): Pool {
    return this.database.pool;
  }

  /** Records a week of these events; each part is followed by a checkpoint. */
  async record(...parts: readonly (readonly NewEvent[])[]): Promise<void> {
    for (const part of parts) await this.append(part);
    this.clock += WEEK_MS;
  }

  /** Records now, and seals it. */
  async append(events: readonly NewEvent[]): Promise<void> {
    const { sealing, shardId } = this;
    const writer = await EventWriter.open(this.database.database.ingest, shardId, {
      sealing,
      now: () => this.clock * 1_000,
    });
    for (let at = 0; at < events.length; at += 5_000) await writer.append(events.slice(at, at + 5_000));
    await writer.close();
  }

  /** Looks after weeks that are over; nothing is dropped unless `days` says so. */
  async look(more: Partial<RetentionNeeds> = {}): Promise<readonly Looked[]> {
    const { projection: pool } = this.database.database;
    return new Retention({
      pool,
      acts: this.acts,
      logger: silentLogger,
      days: null,
      now: () => this.clock,
      ...more,
    }).look();
  }

  /** Drops all weeks older than `days`, as if its recorder had told in full what lives. */
  async drop(more: Partial<RetentionNeeds> = {}): Promise<readonly Looked[]> {
    await this.database.database.ingest.query(
      `INSERT INTO restated (shard_id, up_to) SELECT shard_id, size FROM shard_head
       ON CONFLICT (shard_id) DO UPDATE SET up_to = excluded.up_to`,
    );
    await this.look({ days: 7, ...more });
    await this.acts.close();
    return this.look({ days: 7, ...more });
  }

  /** The newest verifier key of a log. */
  async key(log: LogName = 'event'): Promise<string> {
    return (await new Ledger(this.pool, log).keys(this.shardId)).at(-1) ?? '';
  }

  async verified(log: LogName = 'event'): Promise<Verdict> {
    const verifiers = (await new Ledger(this.pool, log).keys(this.shardId)).map(parseVerifier);
    return verifyLog({ connection: this.pool, shardId: this.shardId, log, verifiers });
  }

  /** The rows of a log as text, whatever is in them. */
  async rows(log: LogName = 'event'): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ row: string }>(
      `SELECT known::text AS row FROM ${log} AS known WHERE shard_id = $1 ORDER BY position`,
      [this.shardId],
    );
    return rows.map(({ row }) => row);
  }

  async close(): Promise<void> {
    await this.acts.close();
    await this.owner.end();
    await this.database.close();
    await rm(this.folder, { recursive: true });
  }
}

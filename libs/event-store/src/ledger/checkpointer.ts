import { setTimeout as sleep } from 'node:timers/promises';

import { AuditError, rowTypes, silentLogger, type Logger, type Pool } from '#libs/platform';

import type { LogName } from '../event.js';
import { tablesOf } from '../log-tables.js';
import { openCheckpoint, signCheckpoint, type Checkpoint } from './checkpoint.js';
import type { CheckpointsFile } from './checkpoints-file.js';
import { signersOf } from './ledger-key.js';
import { LogTree } from './log-tree.js';
import { originOf } from './origin.js';
import type { Signer, Verifier } from './signed-note.js';

/** What a log is sealed with, and where its checkpoints go. */
export type Sealing = Readonly<{
  /** Private keys in PEM; the first is the newest. */
  keys: readonly string[];
  file: CheckpointsFile;
  /** Told of each checkpoint, and of a publication that failed. */
  sealed?: (log: LogName, size: number) => void;
  failed?: (where: 'database' | 'file') => void;
  /** Told when another writer took the log from the one that is sealed with this. */
  fenced?: (log: LogName) => void;
  everyMs?: number;
}>;

export type CheckpointerNeeds = Readonly<{
  pool: Pool;
  shardId: number;
  log?: LogName;
  /** The log's writer: what is durable at this moment. */
  writer: Readonly<{ sealed(): Readonly<{ size: number; root: Buffer }> }>;
  sealing: Sealing;
  logger?: Logger;
}>;

/** Nothing stays unsealed for longer, as long as the database answers. */
const usualEveryMs = 5_000;

/** Signs what a log holds, every five seconds in which it grew, and publishes that: in the database, a line of the log, and a file. */
export class Checkpointer {
  readonly #ending = new AbortController();
  readonly #logger: Logger;
  #size: number;
  #running: Promise<void> | undefined;

  private constructor(
    private readonly needs: CheckpointerNeeds,
    readonly origin: string,
    private readonly signers: readonly Signer[],
    newest: number,
  ) {
    this.#logger = (needs.logger ?? silentLogger).child({ component: 'checkpointer', origin });
    this.#size = newest;
  }

  /**
   * Compares the log with every checkpoint that we signed of it, the newest of the database and the newest of the file: a log that is
   * shorter, or has other events, was restored from a backup or changed behind our back, and must not be signed anew.
   *
   * @throws AuditError `log-forked`
   */
  static async open(needs: CheckpointerNeeds): Promise<Checkpointer> {
    const { pool, shardId, log = 'event', writer, sealing } = needs;
    const origin = await originOf(pool, shardId, log);
    const signers = signersOf(origin, sealing.keys);
    const verifiers = signers.map(({ verifier }) => verifier);
    const ours = (note: string): Checkpoint | undefined => openOwn(note, origin, verifiers);
    const stored = await newestStored(needs);
    const sealed = stored && ours(stored.note);
    const published = await newestPublished(sealing.file, origin, ours);
    const known = [...(sealed ? [{ ...sealed, where: 'the database' }] : []), ...(published ? [published] : [])];
    const { size } = writer.sealed();
    for (const checkpoint of known) {
      const isThere =
        checkpoint.size <= size && (await rootAt(needs, size, checkpoint.size))?.equals(checkpoint.root) === true;
      if (!isThere) throw forked(shardId, size, checkpoint);
    }
    for (const { vkey } of verifiers)
      await pool.query(`INSERT INTO ${tablesOf(log).key} (shard_id, vkey) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [
        shardId,
        vkey,
      ]);
    return new Checkpointer(needs, origin, signers, stored?.size ?? -1);
  }

  /** Begins to seal in the background. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Seals what there is, and ends. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    await this.seal();
  }

  /** Signs and publishes what is durable now, unless that was done. What fails is tried again at the next time. */
  async seal(): Promise<void> {
    const { size, root } = this.needs.writer.sealed();
    if (size === this.#size || size === 0) return;
    const { sealing, log = 'event' } = this.needs;
    const note = signCheckpoint({ origin: this.origin, size, root }, this.signers);
    if (!(await this.#store(size, root, note))) return;
    this.#size = size;
    sealing.sealed?.(log, size);
    this.#logger.info({ size, checkpoint: note }, 'checkpoint');
    try {
      await sealing.file.add({
        at: new Date().toISOString(),
        note,
        keys: this.signers.map(({ verifier }) => verifier.vkey),
      });
    } catch (error) {
      // The next checkpoint stands for this one as well.
      sealing.failed?.('file');
      this.#logger.error({ error, file: sealing.file.file }, 'checkpoint could not be published');
    }
  }

  async #store(size: number, root: Buffer, note: string): Promise<boolean> {
    const { pool, shardId, sealing, log = 'event' } = this.needs;
    try {
      await pool.query(
        `INSERT INTO ${tablesOf(log).checkpoint} (shard_id, size, root, note) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
        [shardId, size, root, note],
      );
      return true;
    } catch (error) {
      sealing.failed?.('database');
      this.#logger.warn({ error }, 'checkpoint could not be stored');
      return false;
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.seal();
      await sleep(this.needs.sealing.everyMs ?? usualEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

type Known = Readonly<{ size: number; root: Buffer; where: string }>;

/** After a new beginning with another key, what the old one signed is no checkpoint of this log. */
function openOwn(note: string, origin: string, verifiers: readonly Verifier[]): Checkpoint | undefined {
  const checkpoint = openCheckpoint(note, verifiers);
  return checkpoint?.origin === origin ? checkpoint : undefined;
}

async function newestStored({
  pool,
  shardId,
  log = 'event',
}: CheckpointerNeeds): Promise<Readonly<{ size: number; note: string }> | undefined> {
  const { rows } = await pool.query<{ size: string; note: string }>(
    `SELECT size, note FROM ${tablesOf(log).checkpoint} WHERE shard_id = $1 ORDER BY size DESC LIMIT 1`,
    [shardId],
  );
  return rows[0] && { size: Number(rows[0].size), note: rows[0].note };
}

/** So many of a log's last lines are looked at: others may have added to the file. */
const lastLines = 100;

async function newestPublished(
  file: CheckpointsFile,
  origin: string,
  ours: (note: string) => Checkpoint | undefined,
): Promise<Known | undefined> {
  const last: string[] = [];
  for await (const { note } of file.read()) {
    if (note.startsWith(`${origin}\n`) && last.push(note) > lastLines) last.shift();
  }
  const opened = last.map(ours).filter((checkpoint) => checkpoint !== undefined);
  const newest = opened.toSorted((a, b) => a.size - b.size).at(-1);
  return newest && { ...newest, where: file.file };
}

/** Of what ended below the events that retention left, the hash that was stored when they were there; undefined where none was. */
async function rootAt(
  { pool, shardId, log = 'event' }: CheckpointerNeeds,
  size: number,
  at: number,
): Promise<Buffer | undefined> {
  const tables = tablesOf(log);
  const { rows } = await pool.query<{ first: number; root: Buffer | null }>({
    text: `SELECT first_position AS first,
                  (SELECT root FROM ${tables.checkpoint} WHERE shard_id = $1 AND size = $2) AS root
             FROM ${tables.head}
            WHERE shard_id = $1`,
    values: [shardId, at],
    types: rowTypes,
  });
  if (rows[0] && at < rows[0].first) return rows[0].root ?? undefined;
  return (await LogTree.at(pool, tables, shardId, size)).root(at);
}

function forked(shardId: number, size: number, known: Known): AuditError {
  const what =
    known.size > size
      ? `has ${size} events, and we signed ${known.size} of them`
      : `has other events than the ${known.size} that we signed`;
  return new AuditError('log-forked', `The log of shard ${shardId} ${what}, as ${known.where} says.`, {
    remedy:
      'It was restored from an older backup, or changed. Restore a newer one. To begin another history from here, which no earlier checkpoint will agree with, move the checkpoints file and the ledger key away.',
  });
}

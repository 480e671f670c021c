import { setTimeout as sleep } from 'node:timers/promises';

import type { QueryConfig } from 'pg';

import { AuditError, errorCode, type Pool } from '#libs/platform';

import { HOURS_MS, type Partition } from './segments.js';

/** What dropping needs. */
export type Dropping = Readonly<{
  /** Of the projector. */
  pool: Pool;
  /** Of the owner of the tables, where there is such a way: he can detach a partition while others read. */
  owner?: Pool | undefined;
  signal?: AbortSignal | undefined;
}>;

/** How long a lock on all partitions may be waited for: every append waits behind it. */
const PATIENCE_MS = 100;
/** Doubled with each try that found readers, up to the second. */
const PAUSE_MS = [500, 30_000] as const;
/** The lock was not had in time; of two of these, one was the deadlock's victim; a table is in use; a reader was waited for. */
const BUSY = new Set(['55P03', '40P01', '55006', '57014']);
const KEPT = 'IL004';

/**
 * Drops a partition of the observations whose act is sealed. Its events go below the horizon first. Then it is detached without blocking
 * anybody, where the owner can; else in a moment without readers, for which an append waits a tenth of a second at most.
 *
 * @throws AuditError `history-kept` that says what still keeps it
 */
export async function dropPartition({ name, fromAt }: Partition, { pool, owner, signal }: Dropping): Promise<void> {
  try {
    await pool.query('SELECT raise_horizon($1)', [name]);
  } catch (error) {
    if (errorCode(error) !== KEPT) throw error;
    throw new AuditError('history-kept', `${(error as Error).message}.`, { cause: error });
  }
  if (owner && (await detachBesideReaders(owner, name))) {
    await pool.query('SELECT note_dropped($1)', [fromAt]);
    return;
  }
  for (let pauseMs: number = PAUSE_MS[0]; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS[1])) {
    try {
      await pool.query('SELECT drop_partition($1, $2)', [name, `${PATIENCE_MS}ms`]);
      return;
    } catch (error) {
      if (!BUSY.has(errorCode(error) ?? '')) throw error;
    }
    await sleep(pauseMs, undefined, { signal });
  }
}

/** False where the server, or these rights, do not know how (Citus refuses it; who is not the owner may not). */
async function detachBesideReaders(owner: Pool, name: string): Promise<boolean> {
  const client = await owner.connect();
  try {
    const { rows } = await client.query<{ pending: boolean }>(
      'SELECT inhdetachpending AS pending FROM pg_inherits WHERE inhrelid = to_regclass(quote_ident($1))',
      [name],
    );
    // One that was broken off has to be brought to its end.
    const how = rows[0]?.pending ? 'FINALIZE' : 'CONCURRENTLY';
    // It waits for every transaction that may still read the partition; nobody waits for it.
    await client.query('SET statement_timeout = 0');
    await client.query({
      text: `ALTER TABLE event DETACH PARTITION "${name}" ${how}`,
      query_timeout: HOURS_MS,
    } as QueryConfig);
    return true;
  } catch (error) {
    if (['42501', '0A000', '42601', '55000'].includes(errorCode(error) ?? '')) return false;
    throw error;
  } finally {
    client.release(true);
  }
}

import type { Database } from '#libs/platform';
import type { AlertAct } from './acts.js';
import { resendMs, resolvedResendMs } from './notification.js';
import type { DeliveryResult, Receiver } from './receivers.js';

type Client = Pick<Database['projection'], 'query'>;

/** One thing that has to leave the house. */
export type OutboxRow = Readonly<{
  shard_id: number;
  dedupe_key: string;
  alert_id: string;
  episode: number;
  receiver: string;
  transition: 'fired' | 'resolved' | 'again';
  attempts: number;
}>;

/** Puts a transition out for every receiver, in the transaction that reads its act: the key makes it once. */
export async function putTransition(
  client: Client,
  shardId: number,
  act: AlertAct,
  receivers: readonly Receiver[],
): Promise<void> {
  const transition = act.type === 'AlertFired' ? 'fired' : 'resolved';
  for (const { name } of receivers) {
    await client.query(
      `INSERT INTO outbox (shard_id, dedupe_key, alert_id, episode, receiver, transition, created_at, due_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING`,
      [shardId, key(act, transition, name), act.alertId, act.episode, name, transition, act.at],
    );
  }
}

/**
 * Puts out again what is so, for receivers that forget: a firing alert once a minute, a resolved one for five minutes.
 * Minutes that passed while nobody was here are not made up for.
 */
export async function putAgain(
  pool: Client,
  shardId: number,
  receivers: readonly Receiver[],
  now: Date,
): Promise<void> {
  for (const { name, wants } of receivers) {
    if (wants !== 'state') continue;
    await pool.query(
      `INSERT INTO outbox (shard_id, dedupe_key, alert_id, episode, receiver, transition, created_at, due_at)
       SELECT shard_id, concat_ws(':', alert_id, episode, state, minute, $2::text), alert_id, episode, $2, 'again', $3, $3
       FROM (SELECT *, floor(extract(epoch FROM $3::timestamptz - coalesce(ends_at, starts_at)) * 1000 / $4)::int AS minute
             FROM alert
             WHERE shard_id = $1 AND (state = 'firing' OR ends_at > $3::timestamptz - make_interval(secs => $5))) due
       WHERE minute > 0
       ON CONFLICT DO NOTHING`,
      [shardId, name, now.toISOString(), resendMs, resolvedResendMs / 1000],
    );
  }
}

/**
 * What is due and not on its way: never queued, or queued so long ago that the queue must have lost it. That is told by the
 * database's clock, for those who take may not agree on the time, and would take from each other what is on its way. What was
 * never attempted is due whatever the clock said when it was put out.
 */
export async function takeDue(pool: Client, now: Date): Promise<OutboxRow[]> {
  const { rows } = await pool.query<OutboxRow>(
    `UPDATE outbox SET queued_at = now()
     WHERE (shard_id, dedupe_key) IN (
       SELECT shard_id, dedupe_key FROM outbox
       WHERE done_at IS NULL AND (due_at <= $1 OR attempts = 0 AND due_at > $1::timestamptz + interval '1 minute')
         AND (queued_at IS NULL OR queued_at NOT BETWEEN now() - interval '1 minute' AND now() + interval '1 minute')
       ORDER BY due_at LIMIT 100 FOR UPDATE SKIP LOCKED)
     RETURNING shard_id, dedupe_key, alert_id, episode, receiver, transition, attempts`,
    [now.toISOString()],
  );
  return rows;
}

/** A row that is still to be done; undefined if it is done or gone. */
export async function findUndone(pool: Client, shardId: number, dedupeKey: string): Promise<OutboxRow | undefined> {
  const { rows } = await pool.query<OutboxRow>(
    `SELECT shard_id, dedupe_key, alert_id, episode, receiver, transition, attempts
     FROM outbox WHERE shard_id = $1 AND dedupe_key = $2 AND done_at IS NULL`,
    [shardId, dedupeKey],
  );
  return rows[0];
}

/** Whether an earlier transition of the same alert still waits to be told to the same receiver: by their order, not by a clock that may be set back. */
export async function hasEarlier(pool: Client, row: OutboxRow): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT 1 FROM outbox earlier JOIN outbox this USING (shard_id, alert_id, receiver)
     WHERE this.shard_id = $1 AND this.dedupe_key = $2 AND earlier.done_at IS NULL
       AND (earlier.episode, earlier.transition = 'resolved') < (this.episode, this.transition = 'resolved') LIMIT 1`,
    [row.shard_id, row.dedupe_key],
  );
  return rows.length > 0;
}

const longestPauseMs = 5 * 60_000;
/** After a day nobody is helped by being told; what is so is told anew to those who want the state. */
const givenUpAfterMs = 24 * 60 * 60_000;

/** Writes down what became of an attempt, and whether and when there is to be another: never later because our clock is ahead of the database's. */
export async function noteAttempt(pool: Client, row: OutboxRow, result: DeliveryResult, now: Date): Promise<void> {
  const again = result.outcome === 'failed';
  const pauseMs = again ? (result.retryAfterMs ?? Math.min(1000 * 2 ** row.attempts, longestPauseMs)) : 0;
  await pool.query(
    `WITH noted AS (
       INSERT INTO delivery (shard_id, delivery_id, dedupe_key, receiver, attempted_at, outcome, status, detail)
       VALUES ($1, gen_random_uuid(), $2, $3, $4, $5, $6, $7))
     UPDATE outbox SET attempts = attempts + 1, queued_at = NULL,
            due_at = least($4::timestamptz, now()) + make_interval(secs => $8),
            done_at = CASE WHEN $9 AND created_at > $4::timestamptz - make_interval(secs => $10) THEN NULL ELSE $4::timestamptz END
     WHERE shard_id = $1 AND dedupe_key = $2`,
    [
      row.shard_id,
      row.dedupe_key,
      row.receiver,
      now.toISOString(),
      result.outcome,
      result.status,
      'detail' in result ? result.detail : null,
      pauseMs / 1000,
      again,
      givenUpAfterMs / 1000,
    ],
  );
}

/** Puts a row back until an earlier one is through. */
export async function postpone(pool: Client, row: OutboxRow, now: Date): Promise<void> {
  await pool.query(
    `UPDATE outbox SET queued_at = NULL, due_at = $3::timestamptz + interval '1 second' WHERE shard_id = $1 AND dedupe_key = $2`,
    [row.shard_id, row.dedupe_key, now.toISOString()],
  );
}

/** Marks a row done that nobody needs any more. */
export async function dismiss(pool: Client, row: OutboxRow, now: Date): Promise<void> {
  await pool.query('UPDATE outbox SET done_at = $3 WHERE shard_id = $1 AND dedupe_key = $2', [
    row.shard_id,
    row.dedupe_key,
    now.toISOString(),
  ]);
}

/** What was told under a key of the outbox: the alert's state, whether as a transition or again. */
export function toldUnder(dedupeKey: string): 'firing' | 'resolved' {
  return dedupeKey.split(':')[2] === 'resolved' ? 'resolved' : 'firing';
}

function key({ alertId, episode }: AlertAct, transition: string, receiver: string): string {
  return [alertId, episode, transition, receiver].join(':');
}

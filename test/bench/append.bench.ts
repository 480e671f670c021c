import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { from as copyFrom } from 'pg-copy-streams';

import { EventWriter, type NewEvent } from '#libs/event-store';
import { Database, type Pool } from '#libs/platform';
import { someShard } from '#testing/event-store';

import { bytesPerEvent, startBenchDatabase } from './bench-database.js';
import type { EmmettTask, EmmettWent } from './emmett-process.js';
import { observation } from './observation.js';
import { inProcess } from './processes.js';
import { median, percentiles, tell, whole, type Row } from './table.js';

const EVENTS = 60_000;
const BATCH = 1_000;
const SMALL_COMMITS = 1_000;
const EMMETT_BATCH = 500;

/** How often it is done, and where Emmett's package is installed, if it is to be compared. */
export type AppendSize = Readonly<{ rounds: number; emmett?: string | undefined }>;

/** The append beside a bare COPY into the same table with the same indexes, both durable; and beside Emmett's store for PostgreSQL. */
export async function benchAppend({ rounds, emmett }: AppendSize): Promise<void> {
  const { urls, owner, stop } = await startBenchDatabase();
  const database = new Database(urls);
  try {
    await owner.query(FLOOR_SQL);
    const events = Array.from({ length: EVENTS }, observation);
    const floor: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      floor.push(await copyRate(owner, round, events));
      ours.push(await appendRate(database.ingest, events));
    }
    const latency = await commitLatency(database.ingest);
    const [bare, append] = [median(floor), median(ours)];
    tell(
      `append: ${whole(EVENTS)} events of ${whole(events[0]?.body.length ?? 0)} bytes, ${whole(BATCH)} a transaction`,
      [
        { what: 'bare COPY, events/s', measured: whole(bare) },
        { what: 'append with fence and proofs, events/s', measured: whole(append), goal: 'at least 30,000' },
        { what: 'ratio', measured: (append / bare).toFixed(2), goal: 'at least 0.5' },
        { what: 'commit of 10 events, p50 ms', measured: latency.p50.toFixed(2) },
        { what: 'commit of 10 events, p99 ms', measured: latency.p99.toFixed(2), goal: 'below 5' },
        {
          what: 'bytes an event on disk, indexes and proofs included',
          measured: whole(await bytesPerEvent(owner)),
          goal: 'below 1,200',
        },
        { what: 'resident memory, MB', measured: whole(process.memoryUsage().rss / 1_048_576) },
        ...(emmett === undefined ? [] : await besideEmmett(emmett, owner, events)),
      ],
    );
  } finally {
    await database.close();
    await stop();
  }
}

/** The same bodies in Emmett's tables of the same server, in the way that is its fastest: many events of one stream in a call. */
async function besideEmmett(folder: string, owner: Pool, events: readonly NewEvent[]): Promise<Row[]> {
  await owner.query('CREATE DATABASE emmett');
  const url = new URL((owner.options as { connectionString: string }).connectionString);
  const { username, password, host } = url;
  const task: EmmettTask = {
    folder,
    url: `postgres://${username}:${password}@${host}/emmett`,
    events: events.length,
    batch: EMMETT_BATCH,
    small: SMALL_COMMITS,
  };
  const { version, perSecond, smallMs } = await inProcess<EmmettWent>('emmett-process.ts', task);
  const { p50, p99 } = percentiles(smallMs);
  return [
    { what: `Emmett ${version}, ${EMMETT_BATCH} events a call, events/s`, measured: whole(perSecond) },
    { what: `Emmett ${version}, 10 events a call, p50 ms`, measured: p50.toFixed(2) },
    { what: `Emmett ${version}, 10 events a call, p99 ms`, measured: p99.toFixed(2) },
  ];
}

const FLOOR_SQL = `
  CREATE TABLE floor (LIKE event INCLUDING ALL) PARTITION BY RANGE (recorded_at);
  CREATE TABLE floor_all PARTITION OF floor FOR VALUES FROM (MINVALUE) TO (MAXVALUE)`;

/** The rows are made beforehand: the floor is what PostgreSQL and the wire cost, and nothing else. */
async function copyRate(pool: Pool, shardId: number, events: readonly NewEvent[]): Promise<number> {
  const recordedAt = new Date().toISOString();
  const salt = `\\\\x${'00'.repeat(16)}`;
  const rows = events.map(
    ({ streamId, eventId, type, body }, nth) =>
      `${shardId}\t${nth}\t${recordedAt}\t${streamId}\t${eventId}\t${type}\t1\t${salt}\t${body.replaceAll('\\', '\\\\')}\n`,
  );
  const batches = batchesOf(rows).map((batch) => Buffer.from(batch.join('')));
  const columns = 'shard_id, position, recorded_at, stream_id, event_id, type, schema_ver, salt, body';
  const client = await pool.connect();
  const began = performance.now();
  for (const batch of batches) {
    await pipeline(Readable.from([batch]), client.query(copyFrom(`COPY floor (${columns}) FROM STDIN`)));
  }
  const seconds = (performance.now() - began) / 1_000;
  client.release();
  return events.length / seconds;
}

async function appendRate(pool: Pool, events: readonly NewEvent[]): Promise<number> {
  const writer = await EventWriter.open(pool, await someShard(pool));
  const batches = batchesOf(events);
  const began = performance.now();
  for (const [nth, batch] of batches.entries()) {
    await writer.append(batch, [{ watch: 'pods', resourceVersion: String(nth) }]);
  }
  return events.length / ((performance.now() - began) / 1_000);
}

async function commitLatency(pool: Pool): Promise<{ p50: number; p99: number }> {
  const writer = await EventWriter.open(pool, await someShard(pool));
  const took: number[] = [];
  for (let nth = 0; nth < SMALL_COMMITS; nth += 1) {
    const events = Array.from({ length: 10 }, observation);
    const began = performance.now();
    await writer.append(events, [{ watch: 'pods', resourceVersion: String(nth) }]);
    took.push(performance.now() - began);
  }
  return percentiles(took);
}

function batchesOf<Thing>(things: readonly Thing[]): readonly (readonly Thing[])[] {
  return Array.from({ length: Math.ceil(things.length / BATCH) }, (_, nth) =>
    things.slice(nth * BATCH, (nth + 1) * BATCH),
  );
}

import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { from as copyFrom } from 'pg-copy-streams';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { EventWriter, type NewEvent } from '#libs/event-store';
import { createPool, Database, DataFolder, silentLogger, startEmbeddedDatabase, type Pool } from '#libs/platform';
import { someShard } from '#testing/event-store';

const EVENTS = 60_000;
const BATCH = 1_000;
const ROUNDS = 3;
const SMALL_COMMITS = 1_000;

/** Design section 13; a run on a machine that is busy with other things may miss it without anything being wrong. */
const GOALS = { ratio: 0.5, perSecond: 30_000, p99Ms: 5 };

describe('append', () => {
  let folder: DataFolder;
  let stop: () => Promise<void>;
  let database: Database;
  let owner: Pool;

  beforeAll(async () => {
    folder = await DataFolder.open(await mkdtemp(path.join(tmpdir(), 'initledger-bench-')));
    const server = await startEmbeddedDatabase(folder, { logger: silentLogger });
    stop = server.stop;
    database = new Database(server.urls);
    owner = createPool(server.adminUrl, { name: 'bench', max: 2, statementTimeoutMs: 0 });
  });
  afterAll(async () => {
    await Promise.all([database.close(), owner.end()]);
    await stop();
    await folder.remove();
  });

  it('is compared with a bare COPY into the same table with the same indexes, both durable', async () => {
    await owner.query(FLOOR_SQL);
    const events = Array.from({ length: EVENTS }, observation);
    const floor: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      floor.push(await copyRate(owner, round, events));
      ours.push(await appendRate(database.ingest, events));
    }
    const latency = await commitLatency(database.ingest);

    const [bare, append] = [median(floor), median(ours)];
    tell([
      ['bare COPY, events/s', Math.round(bare), ''],
      ['append with fence and proofs, events/s', Math.round(append), `at least ${GOALS.perSecond}`],
      ['ratio', (append / bare).toFixed(2), `at least ${GOALS.ratio}`],
      ['commit of 10 events, p50 ms', latency.p50.toFixed(2), ''],
      ['commit of 10 events, p99 ms', latency.p99.toFixed(2), `below ${GOALS.p99Ms}`],
      ['resident memory, MB', Math.round(process.memoryUsage().rss / 1_048_576), ''],
      ['bytes an event on disk, indexes and tiles included', await bytesPerEvent(owner), 'below 1200'],
    ]);
    expect(append).toBeGreaterThan(0);
  });
});

/** As large as an observation is on average: 670 bytes. */
function observation(_: unknown, nth: number): NewEvent {
  const body = JSON.stringify({
    reducer: 1,
    via: 'watch',
    resourceVersion: String(1_000_000 + nth),
    receivedAt: new Date(1_795_000_000_000 + nth).toISOString(),
    writes: [{ manager: 'kubelet', operation: 'Update', subresource: 'status', time: '2026-11-18T11:06:40Z' }],
    parts: {
      'condition.Initialized': {
        type: 'Initialized',
        status: 'False',
        reason: 'ContainersNotInitialized',
        lastProbeTime: null,
      },
      'status.initContainer.migrate': {
        name: 'migrate',
        ready: false,
        restartCount: nth % 7,
        image: 'registry.example/migrate:1.2.3',
        imageID: `registry.example/migrate@sha256:${'ab12'.repeat(16)}`,
        containerID: `containerd://${randomUUID().replaceAll('-', '').repeat(2)}`,
      },
    },
  });
  return { streamId: randomUUID(), eventId: randomUUID(), type: 'PodObserved', schemaVersion: 1, body };
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
  const sorted = took.toSorted((a, b) => a - b);
  return { p50: sorted[SMALL_COMMITS / 2] ?? 0, p99: sorted[Math.floor(SMALL_COMMITS * 0.99)] ?? 0 };
}

async function bytesPerEvent(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(
    `SELECT (sum(pg_total_relation_size(relid)) + pg_total_relation_size('merkle_tile'))
              / (SELECT count(*) FROM event) AS bytes
       FROM pg_partition_tree('event')`,
  );
  return Math.round(Number(rows[0]?.bytes));
}

function batchesOf<Thing>(things: readonly Thing[]): readonly (readonly Thing[])[] {
  return Array.from({ length: Math.ceil(things.length / BATCH) }, (_, nth) =>
    things.slice(nth * BATCH, (nth + 1) * BATCH),
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function tell(rows: readonly (readonly [what: string, measured: string | number, goal: string])[]): void {
  const lines = rows.map(([what, measured, goal]) => `${what.padEnd(52)}${String(measured).padStart(10)}   ${goal}`);
  process.stdout.write(`\n${lines.join('\n')}\n\n`);
}

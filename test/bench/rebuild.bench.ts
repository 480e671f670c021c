import { createHash } from 'node:crypto';

import { EventWriter, type NewEvent } from '#libs/event-store';
import { RULES } from '#libs/init-history';
import { Database, type Pool } from '#libs/platform';
import { someShard } from '#testing/event-store';
import { readModelTables, seenIn, type Seen } from '#testing/projections';

import { recordings } from '../recordings/reader.js';
import { startBenchDatabase } from './bench-database.js';
import { inProcess } from './processes.js';
import type { Rebuilt, RebuildTask } from './rebuild-process.js';
import { tell, whole } from './table.js';

const BATCH = 1_000;

/** When the first of a bench's events is recorded: always then, so that the same events make the same rows. */
const BEGINNING = Date.parse('2026-11-21T10:00:00Z') * 1_000;

/** Lives that go on side by side. */
const SIDE_BY_SIDE = 20;

/** All read models built beside those in force and put in their place; the floor reads the same rows and parses them. */
export async function benchRebuild({ observations }: Readonly<{ observations: number }>): Promise<void> {
  const { urls, owner, stop } = await startBenchDatabase();
  const database = new Database(urls);
  try {
    const shardId = await someShard(database.ingest);
    const recorded = await record(database.ingest, shardId, observations);
    await owner.query('VACUUM ANALYZE');
    const floor = await inProcess<Rebuilt>('rebuild-process.ts', { what: 'read', urls, shardId } satisfies RebuildTask);
    const built = await inProcess<Rebuilt>('rebuild-process.ts', {
      what: 'rebuild',
      urls,
      shardId,
    } satisfies RebuildTask);
    const [read, rebuilt] = [recorded / floor.seconds, recorded / built.seconds];
    tell(`rebuild: ${whole(recorded)} observations of recorded pods`, [
      { what: 'reading and JSON.parse, observations/s', measured: whole(read) },
      { what: 'rebuild of all read models, observations/s', measured: whole(rebuilt), goal: 'at least 25,000' },
      { what: 'ratio', measured: (rebuilt / read).toFixed(3) },
      { what: 'CPU an observation of the projector, µs', measured: whole((built.cpuSeconds * 1e6) / recorded) },
      { what: 'most resident memory, MB', measured: whole(built.mostMb) },
      { what: 'digest of all rows, by version of the rules', measured: `${await digestOf(owner)}, ${RULES}` },
    ]);
  } finally {
    await database.close();
    await stop();
  }
}

/** Appends the recorded scenarios, lived by others again and again, so many of them side by side. @returns how many observations */
export async function record(pool: Pool, shardId: number, atLeast: number): Promise<number> {
  let microseconds = BEGINNING;
  const writer = await EventWriter.open(pool, shardId, { now: () => (microseconds += 1_000) });
  const lives = recordings().map(seenIn);
  let appended = 0;
  for (let round = 0; appended < atLeast; round += 1) {
    for (let from = 0; from < lives.length && appended < atLeast; from += SIDE_BY_SIDE) {
      const events = woven(lives.slice(from, from + SIDE_BY_SIDE).map((life) => again(life, round)));
      for (let at = 0; at < events.length; at += BATCH) await writer.append(events.slice(at, at + BATCH));
      appended += events.length;
    }
  }
  await writer.close();
  return appended;
}

/** A short name for all that the read models say: what makes a rebuild faster leaves it as it was. */
async function digestOf(owner: Pool): Promise<string> {
  const digests = [];
  for (const table of readModelTables) {
    const { rows } = await owner.query<{ digest: string }>(
      `SELECT md5(coalesce(string_agg(text, '' ORDER BY text), '')) AS digest
       FROM (SELECT md5(to_jsonb(row)::text) AS text FROM ${table} AS row) AS rows`,
    );
    digests.push(rows[0]?.digest);
  }
  return createHash('sha1').update(digests.join()).digest('hex').slice(0, 12);
}

/** A recorded life, lived by subjects of other uids. */
function again(life: readonly Seen[], round: number): NewEvent[] {
  const uids = new Map([...new Set(life.map(({ streamId }) => streamId))].map((uid) => [uid, other(uid, round)]));
  const anyOf = new RegExp([...uids.keys()].join('|'), 'g');
  return life.map(({ streamId, observation }, nth) => ({
    streamId: uids.get(streamId) ?? streamId,
    eventId: other(`${streamId} ${nth}`, round),
    type: observation.type,
    schemaVersion: 1,
    body: JSON.stringify(observation).replaceAll(anyOf, (uid) => uids.get(uid) ?? uid),
  }));
}

function other(uid: string, round: number): string {
  const hex = createHash('sha1').update(`${round} ${uid}`).digest('hex');
  // The uid under which the kubelet writes Events of a static pod has no dashes, and is of no pod that a watch shows.
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** One after another from each. */
function woven<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const length = Math.max(...lists.map((list) => list.length));
  return Array.from({ length }, (_, nth) => lists.flatMap((list) => list[nth] ?? [])).flat();
}

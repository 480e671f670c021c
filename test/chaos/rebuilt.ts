/** Rebuilds the read models of a copy of the database from the log alone, and compares them with those that were kept. */
import { EventReader, Shards } from '#libs/event-store';
import { createPool, Database, type DatabaseUrls, type Pool } from '#libs/platform';
import { readActs } from '../../libs/alerting/src/act-reading.js';
import { ShardFollower } from '../../libs/projections/src/following/shard-follower.js';
import { readModelTables } from '../../libs/projections/src/pod-inits/batch-tables.js';
import { PodInitsProjection } from '../../libs/projections/src/pod-inits/pod-inits.projection.js';
import type { PodInitsParts } from '../../libs/projections/src/pod-inits/pod-inits.projection.js';
import type { Judgement } from './verdict.js';

type Where = Readonly<{ adminUrl: string; urls: DatabaseUrls }>;
type Dump = Readonly<Record<string, readonly string[]>>;

const bookkeeping = ['quarantine', 'projection_bookmark'] as const;
/** Of alerts, what was so at the last look is no part of the log, and neither are the seals of that. */
const unlogged: Readonly<Record<string, readonly string[]>> = { alert: ['standing', 'seals'] };

/** @param limits those with which the read models were kept */
export async function judgeRebuilt(where: Where, limits: PodInitsParts['limits']): Promise<Judgement> {
  const admin = createPool(where.adminUrl, { name: 'chaos', max: 2, statementTimeoutMs: 120_000 });
  const database = new Database(where.urls);
  try {
    const kept = await dump(admin);
    const { rows } = await admin.query<{ position: number }>(
      'SELECT max(position) AS position FROM projection_bookmark',
    );
    const upTo = rows[0]?.position ?? -1;
    await admin.query(`TRUNCATE ${[...readModelTables, ...bookkeeping, 'alert'].join()}`);
    await admin.query('UPDATE alert_bookmark SET position = -1');
    await rebuild(database, limits, upTo);
    return compare(kept, await dump(admin));
  } finally {
    await database.close();
    await admin.end();
  }
}

/** @param upTo the last position that was read: the recorder may have written on while the projector stopped */
async function rebuild(database: Database, limits: PodInitsParts['limits'], upTo: number): Promise<void> {
  const { projection: pool } = database;
  const acts = new EventReader(pool, 'act_event');
  for (const { shardId } of await new Shards(pool).list()) {
    const reader = new EventReader(pool);
    const projection = new PodInitsProjection({ reader, db: pool, limits, onParked: () => undefined });
    const until = {
      head: reader.head.bind(reader),
      readAfter: async (...asked: Parameters<EventReader['readAfter']>) =>
        (await reader.readAfter(...asked)).filter(({ position }) => position <= upTo),
    };
    const follower = new ShardFollower({ projection, shardId, pool, reader: until as unknown as EventReader });
    while ((await follower.step()).outcome === 'moved');
    await readActs({ pool, acts }, shardId, []);
  }
}

/** Every row of the read models, as text. */
async function dump(pool: Pool): Promise<Dump> {
  const tables: Record<string, readonly string[]> = {};
  for (const table of [...readModelTables, ...bookkeeping, 'alert']) {
    const { rows } = await pool.query<{ text: string }>(
      `SELECT (to_jsonb(row) - $1::text[])::text AS text FROM ${table} AS row ORDER BY 1`,
      [unlogged[table] ?? []],
    );
    tables[table] = rows.map(({ text }) => text);
  }
  return tables;
}

function compare(kept: Dump, rebuilt: Dump): Judgement {
  const untruths = Object.entries(kept).flatMap(([table, rows]) => {
    const again = new Set(rebuilt[table]);
    const before = new Set(rows);
    const wrong = [
      ...rows.filter((row) => !again.has(row)).map((row) => `kept, and not rebuilt: ${row}`),
      ...(rebuilt[table] ?? []).filter((row) => !before.has(row)).map((row) => `rebuilt, and not kept: ${row}`),
    ];
    const parked = table === 'quarantine' ? rows.map((row) => `parked: ${row}`) : [];
    return [...wrong, ...parked].map((what) => `${table}: ${what.slice(0, 1_000)}`);
  });
  const rows = Object.values(kept).reduce((sum, { length }) => sum + length, 0);
  return { untruths, compared: { rows } };
}

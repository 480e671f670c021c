import { setTimeout as sleep } from 'node:timers/promises';

import { EventReader } from '#libs/event-store';
import { Database, type DatabaseUrls } from '#libs/platform';
import { keeperOf, projectionAs } from '#testing/projections';

/** `read` reads all events of a shard and parses them; `rebuild` builds all read models and puts them in force. */
export type RebuildTask = Readonly<{ what: 'read' | 'rebuild'; urls: DatabaseUrls; shardId: number }>;

/** What it took. */
export type Rebuilt = Readonly<{ seconds: number; cpuSeconds: number; mostMb: number }>;

const PAGE = 1_000;

const { what, urls, shardId } = JSON.parse(process.argv[2] ?? '') as RebuildTask;
const database = new Database(urls);
const begunAt = performance.now();
const cpuAt = process.cpuUsage();
await (what === 'read' ? read() : rebuild());
const seconds = (performance.now() - begunAt) / 1_000;
const { user, system } = process.cpuUsage(cpuAt);
await database.close();
process.send?.({ seconds, cpuSeconds: (user + system) / 1e6, mostMb: process.resourceUsage().maxRSS / 1_024 });

async function read(): Promise<void> {
  const reader = new EventReader(database.projection);
  for (let position = -1; ;) {
    const page = await reader.readAfter(shardId, position, PAGE);
    const last = page.at(-1);
    if (!last) return;
    for (const { body } of page) JSON.parse(body ?? 'null');
    position = last.position;
  }
}

/** Beside read models of older rules, which had read nothing yet. */
async function rebuild(): Promise<void> {
  const { projection: pool } = database;
  await pool.query(
    `INSERT INTO projection_bookmark (shard_id, name, position, rules) VALUES ($1, 'pod-inits-v1', -1, '0')`,
    [shardId],
  );
  const keeper = keeperOf(database, (tables) => projectionAs({}, tables));
  keeper.start();
  for (;;) {
    const { rows } = await pool.query<{ rules: string }>('SELECT rules FROM projection_bookmark');
    if (rows[0] && rows[0].rules !== '0') break;
    await sleep(50);
  }
  await keeper.stop();
}

import { randomBytes } from 'node:crypto';

import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { tablesOf } from '../log-tables.js';
import { hashesOf, perfectRoot } from '../merkle/merkle-tree.js';
import { someEvents, someShard } from '../testing/events.js';
import { Weeks } from '../testing/weeks.js';
import { tilesBelow } from './tiles-below.js';

let weeks: Weeks;
let judge: Client;
beforeAll(async () => {
  weeks = await Weeks.open();
  for (let week = 0; week < 3; week += 1) await weeks.record(someEvents(300));
  judge = new Client({ connectionString: weeks.database.adminUrl });
  await judge.connect();
  await judge.query('SET timezone = UTC; SET session_replication_role = replica');
});
afterAll(async () => {
  await judge.end();
  await weeks.close();
});

/** Changes a row, looks, and puts it back. */
async function disagreements(table: string, set: string, where = 'true'): Promise<readonly object[]> {
  await judge.query(`CREATE TABLE kept_aside AS SELECT * FROM ${table}`);
  await judge.query(`UPDATE ${table} SET ${set} WHERE ${where}`);
  const found = (await weeks.verified()).disagreements;
  await judge.query(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM kept_aside; DROP TABLE kept_aside`);
  return found;
}

describe('what is noted of a week that is sealed', () => {
  it('is held against its events, whatever is sealed beside it', async () => {
    await weeks.look();
    expect((await weeks.verified()).disagreements).toEqual([]);

    const isSecond = `first_position = 300`;
    const place = { where: 'segment 2026-01-12', from: 300, to: 600 };
    expect(await disagreements('segment', `leaves_digest = sha256(leaves_digest)`, isSecond)).toEqual([
      { ...place, says: 'leaves_digest is not that of the events' },
    ]);
    expect(
      await disagreements(
        'segment',
        'edge_leaves = set_byte(edge_leaves, 5, 255 - get_byte(edge_leaves, 5))',
        isSecond,
      ),
    ).toEqual([{ ...place, says: 'edge_leaves is not that of the events' }]);
  });
});

describe('a log of which all was dropped', () => {
  it('says when its last event was recorded, to the microsecond, as the act does that dropped it', async () => {
    // The last week is over too, and its recorder has gone.
    weeks.clock += 8 * 7 * 86_400_000;
    for (let looks = 0; looks < 2; looks += 1) await weeks.drop({ days: 1, owner: weeks.owner });
    const { rows } = await judge.query('SELECT size, first_position FROM shard_head');
    expect(rows).toEqual([{ size: '900', first_position: '900' }]);
    expect((await weeks.verified()).disagreements).toEqual([]);

    const says = 'recorded_at is not that of the last event';
    for (const change of [`recorded_at + interval '1 microsecond'`, `recorded_at - interval '1 microsecond'`])
      expect(await disagreements('shard_head', `recorded_at = ${change}`)).toEqual([
        { where: 'shard_head', from: 899, to: 900, says },
      ]);
  });

  it('whose acts are of an earlier version says it as far as those do', async () => {
    const earlier = `body = (SELECT json_object_agg(key, value) FROM json_each(body) WHERE key <> 'lastAt')`;
    await judge.query(
      `CREATE TABLE acts AS SELECT * FROM act_event; UPDATE act_event SET ${earlier} WHERE type = 'SegmentDropped'`,
    );

    expect((await weeks.verified()).disagreements).toEqual([]);
    expect(await disagreements('shard_head', `recorded_at = recorded_at + interval '7 days'`)).toHaveLength(1);
    await judge.query('DELETE FROM act_event; INSERT INTO act_event SELECT * FROM acts; DROP TABLE acts');
  });
});

describe('tiles of events that were dropped', () => {
  it('are held against those above them, and none of those is missing', async () => {
    const shardId = await someShard(weeks.pool);
    const hashes = Array.from({ length: 512 }, () => randomBytes(8_192));
    const roots = hashes.map((each) => perfectRoot(hashesOf(each)));
    const above = Buffer.concat(roots.slice(0, 256));
    const lay = (level: number, index: number, bytes: Buffer) =>
      judge.query('INSERT INTO merkle_tile VALUES ($1, $2, $3, $4)', [shardId, level, index, bytes]);
    await lay(0, 7, hashes[7] as Buffer);
    await lay(0, 300, hashes[300] as Buffer);
    await lay(1, 0, above);
    const below = (horizon: number, begins = 0) =>
      tilesBelow({ pool: weeks.pool, tables: tablesOf('event'), shardId, begins, horizon });

    expect(await below(256 ** 2)).toEqual([]);
    expect(await below(2 * 256 ** 2)).toEqual([
      { where: 'merkle_tile 1/1', from: 65_536, to: 131_072, says: 'the tile is missing' },
    ]);
    expect(await below(2 * 256 ** 2, 2 * 256 ** 2)).toEqual([]);
    for (const [level, index] of [
      [0, 7],
      [1, 0],
    ])
      await judge.query(
        `UPDATE merkle_tile SET hashes = set_byte(hashes, 230, 255 - get_byte(hashes, 230)) WHERE shard_id = $1 AND level = $2 AND index = $3`,
        [shardId, level, index],
      );
    expect(await below(256 ** 2)).toEqual([
      { where: 'merkle_tile 0/7', from: 1_792, to: 2_048, says: 'its root is not what the tile above it says' },
    ]);
  });
});

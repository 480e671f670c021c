import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { withClient } from '#testing/platform';

import { parseVerifier } from '../ledger/signed-note.js';
import { eraseBodies } from '../segments/erase.js';
import { Segments } from '../segments/segments.js';
import { blocksOf, readerRefuses } from '../testing/archives.js';
import { someEvent, someEvents } from '../testing/events.js';
import { audited } from '../testing/verifier.js';
import { Weeks } from '../testing/weeks.js';
import { packBlock } from './blocks.js';
import { digestOf, readArchive } from './read-archive.js';
import { actSpans, weekSpans } from './spans.js';
import { writeArchive, type Written } from './write-archive.js';

let weeks: Weeks;

/** Exports all weeks that are sealed and there. */
async function exported(of: Weeks = weeks): Promise<readonly Written[]> {
  const written: Written[] = [];
  for (const span of await weekSpans(of.pool, {}))
    written.push(await writeArchive(of.pool, span, path.join(of.folder, 'out')));
  return written;
}
async function exportedActs(of: Weeks = weeks): Promise<Written> {
  const [span] = await actSpans(of.pool, {});
  return writeArchive(of.pool, span!, path.join(of.folder, 'out'));
}
describe('an archive of a week', () => {
  let first: Written;
  let second: Written;
  let key: string;
  beforeAll(async () => {
    weeks = await Weeks.open('cluster.1');
    await weeks.record(someEvents(200), someEvents(100));
    await weeks.record(someEvents(700), [someEvent({ body: ' {"any":\t"body, \\u00e4 and ä",\n"twice":1}' })]);
    await weeks.append(someEvents(3));
    await weeks.look();
    [first, second] = (await exported()) as [Written, Written];
    key = await weeks.key();
  });
  afterAll(() => weeks.close());

  it('is one file a shard and week, and nothing else is left in the folder', async () => {
    expect((await readdir(path.join(weeks.folder, 'out'))).toSorted()).toEqual([
      'cluster%2E1.1.2026w02.archive.zst',
      'cluster%2E1.1.2026w03.archive.zst',
    ]);
    expect([first.events, second.events]).toEqual([300, 701]);
    expect(first.leaves).toBe((await new Segments(weeks.pool).list())[0]?.leaves);
    expect(first.digest).toBe(await digestOf(first.file));
  });

  it('has the same bytes whenever the same rows are exported', async () => {
    const bytes = await readFile(second.file);
    await weeks.append(someEvents(600));

    const again = await exported();

    expect(again[1]).toEqual(second);
    expect((await readFile(second.file)).equals(bytes)).toBe(true);
  });

  it('is proved offline, without our code', async () => {
    const told = [await audited('archive', first.file, key), await audited('archive', second.file, key)];

    expect(told.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect(told[0]?.stdout).toContain(`holds: events 0 to 299 of initledger/cluster.1/${weeks.shardId}`);
    expect(told[1]?.stdout).toMatch(/^holds: events 300 to 1000 .* under the checkpoint of 1001 events/u);
    expect(told[1]?.stdout).toContain(second.digest);
    expect(await readerRefuses(second.file, key)).toBeUndefined();
  });

  it('gives every row back byte for byte', async () => {
    const read: string[] = [];
    const { header, leaves } = await readArchive(second.file, {
      verifiers: [parseVerifier(key)],
      take: ({ rows }) => void read.push(...rows.map((row) => JSON.stringify(row))),
    });
    const stored = await weeks.pool.query(
      `SELECT position, recorded_at, stream_id, event_id, type, schema_ver, salt, body::text AS body, body_digest
         FROM event WHERE position >= 300 AND position < 1001 ORDER BY position`,
    );

    expect(read).toEqual(stored.rows.map((row) => JSON.stringify(row)));
    expect([header.from, header.to, leaves]).toEqual([300, 1_001, second.leaves]);
  });

  it('proves one event of it, first, last and in between', async () => {
    for (const position of [300, 511, 512, 777, 1_000]) {
      const { stdout } = await audited('archive', second.file, key, '--prove', String(position));
      const proof = path.join(weeks.folder, 'one.tlog-proof');
      await writeFile(proof, stdout);

      const told = await audited('proof', proof, key);

      expect([told.code, told.stderr]).toEqual([0, '']);
      expect(told.stdout).toContain(`holds: event ${position} of`);
    }
    expect((await audited('archive', second.file, key, '--prove', '299')).stderr).toContain('holds no event 299');
  });

  it('is held against a checkpoint that somebody kept', async () => {
    const { rows } = await weeks.pool.query<{ size: number; note: string }>('SELECT size, note FROM checkpoint');
    const kept = path.join(weeks.folder, 'kept');
    const told: string[] = [];
    for (const size of [200, 300, 1_000, 1_001]) {
      await writeFile(kept, rows.find((row) => row.size === size)?.note ?? '');
      told.push((await audited('archive', second.file, key, '--since', kept)).stdout.split('\n')[1] ?? '');
    }

    expect(told.map((line) => line.slice(0, 12))).toEqual([
      'it does not ',
      'it has the 3',
      'it has the 1',
      'it has the 1',
    ]);
    expect(told[0]).toContain('lies before what can be computed');
  });

  it('is not written where the rows are not what was signed', async () => {
    const other = await Weeks.open();
    await other.record(someEvents(10));
    await other.append(someEvents(1));
    await other.look();
    await withClient(other.database.adminUrl, (client) =>
      client.query(`SET session_replication_role = replica; UPDATE event SET type = 'PodGone' WHERE position = 7`),
    );

    await expect(exported(other)).rejects.toMatchObject({ code: 'archive-unproved' });
    expect(await readdir(path.join(other.folder, 'out'))).toEqual([]);
    await other.close();
  });
});

describe('archives', () => {
  beforeEach(async () => {
    weeks = await Weeks.open();
  });
  afterEach(() => weeks.close());

  it('of what nobody signed are not written', async () => {
    await weeks.record(someEvents(3));
    await weeks.append(someEvents(1));
    await weeks.look();
    await withClient(weeks.database.adminUrl, (client) =>
      client.query('SET session_replication_role = replica; DELETE FROM checkpoint'),
    );

    await expect(exported()).rejects.toMatchObject({ code: 'proof-unknown' });
  });

  it('keep erased bodies erased, and the acts say who erased them', async () => {
    await weeks.record(someEvents(2), [someEvent({ body: '{"message":"hunter2"}' })], someEvents(300));
    await weeks.append(someEvents(1));
    await weeks.look();
    const erasing = {
      shardId: weeks.shardId,
      log: 'event',
      positions: [2],
      reason: 'a password',
      author: 'privacy',
    } as const;
    await eraseBodies({ pool: weeks.database.database.projection, acts: weeks.acts }, erasing);
    await weeks.acts.close();

    const [week] = await exported();
    const acts = await exportedActs();
    const key = await weeks.key();

    const text = (await blocksOf(week!.file)).map((block) => block.text).join('');
    expect(text).not.toContain('hunter2');
    expect(await audited('archive', week!.file, key, '--acts', acts.file)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('erased: 2; acts say so'),
    });
    expect(await audited('archive', acts.file, await weeks.key('act_event'))).toMatchObject({ code: 0 });
    expect(await readerRefuses(week!.file, key)).toBeUndefined();
  });

  it('show a body that was taken out without an act', async () => {
    await weeks.record(someEvents(20));
    await weeks.append(someEvents(1));
    await weeks.acts.append(weeks.shardId, [someEvent({ type: 'AlertFired' })]);
    await weeks.acts.close();
    await weeks.look();
    const [week] = await exported();
    const acts = await exportedActs();
    const blocks = (await blocksOf(week!.file)).map((block) => ({
      ...block,
      text: block.text.replace(/("i\\":7,.*?)","salt.*/u, '$1"}'),
    }));
    await writeFile(week!.file, Buffer.concat(await Promise.all(blocks.map(packBlock))));

    const told = await audited('archive', week!.file, await weeks.key(), '--acts', acts.file);

    expect(told.stderr).toContain('event 7: its body is gone, and no act says that it was erased');
  });

  it('hold huge bodies', { timeout: 120_000 }, async () => {
    const huge = (nth: number) => someEvent({ body: JSON.stringify({ nth, text: '\\"ä'.repeat(1_000_000) }) });
    await weeks.record([huge(1)], someEvents(5), [huge(2), huge(3)]);
    await weeks.append(someEvents(1));
    await weeks.look();

    const [week] = await exported();

    expect((await audited('archive', week!.file, await weeks.key())).stderr).toBe('');
    expect(await readerRefuses(week!.file, await weeks.key())).toBeUndefined();
    expect((await blocksOf(week!.file)).length).toBeGreaterThan(4);
  });

  it('of a log whose oldest weeks were dropped are proved as before', { timeout: 240_000 }, async () => {
    // Enough for a complete tile of level 1, so that tiles of leaves go.
    await weeks.record(someEvents(33_000));
    await weeks.record(someEvents(33_000));
    await weeks.record(someEvents(700));
    await weeks.append(someEvents(1_000));
    await weeks.look();
    const before = await exported();
    weeks.clock += 2 * 86_400_000;
    await weeks.drop();

    const after = await exported();

    expect(after.map(({ file }) => path.basename(file).split('.')[2])).toEqual(['2026w04']);
    expect(after[0]).toEqual(before[2]);
    const { rows } = await weeks.pool.query('SELECT min(index)::int AS first FROM merkle_tile WHERE level = 0');
    expect(rows).toEqual([{ first: 256 }]);
    for (const { file } of before) expect((await audited('archive', file, await weeks.key())).stderr).toBe('');
    await expect(weekSpans(weeks.pool, { weeks: ['2026w02'] })).rejects.toThrow(/was dropped/u);
    await expect(weekSpans(weeks.pool, { weeks: ['2026w09'] })).rejects.toThrow(/is not sealed/u);
  });
});

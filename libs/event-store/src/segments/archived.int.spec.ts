import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { importArchive } from '../archive/import-archive.js';
import { digestOf, readArchive } from '../archive/read-archive.js';
import { actSpans } from '../archive/spans.js';
import { writeArchive } from '../archive/write-archive.js';
import { EventWriter } from '../event-writer.js';
import { parseVerifier } from '../ledger/signed-note.js';
import { someEvent, someEvents, someShard } from '../testing/events.js';
import { audited } from '../testing/verifier.js';
import { Weeks } from '../testing/weeks.js';
import { eraseBodies } from './erase.js';
import { Holds } from './holds.js';
import type { Looked } from './retention.js';

let weeks: Weeks;
let archiveFolder: string;
beforeEach(async () => {
  weeks = await Weeks.open('cluster');
  archiveFolder = path.join(weeks.folder, 'archives');
  await weeks.record(someEvents(5), [someEvent({ body: '{"message":"hunter2"}' })], someEvents(300));
  await weeks.record(someEvents(10));
  await weeks.append(someEvents(1));
  await weeks.drop({ days: 10_000 });
});
afterEach(() => weeks.close());

const file = () => path.join(archiveFolder, 'cluster.1.2026w02.archive.zst');
const states = (looked: readonly Looked[]) => looked.map(({ state }) => state).slice(0, 2);
/** What the acts that drop the first week say of its archive. */
async function named(): Promise<readonly unknown[]> {
  const { rows } = await weeks.pool.query(
    `SELECT body->>'archive' AS archive FROM act_event WHERE type = 'SegmentDropped' AND body->>'from' = '0' ORDER BY position`,
  );
  return rows.map(({ archive }) => archive);
}
const due = { days: 7, archiveFolder: '' };

describe('a week that is archived before it is dropped', () => {
  beforeEach(() => {
    due.archiveFolder = archiveFolder;
    weeks.clock += 8 * 86_400_000;
  });

  it('goes once its file is there, whose digest the act has', async () => {
    const told = await weeks.look(due);
    const before = await readdir(archiveFolder);
    await weeks.acts.close();
    const gone = await weeks.look(due);

    expect([states(told), states(gone)]).toEqual([
      ['due', 'due'],
      ['dropped', 'dropped'],
    ]);
    expect(before).toContain(path.basename(file()));
    const digest = await digestOf(file());
    expect(gone[0]?.archives).toEqual([digest]);
    expect(await named()).toEqual([digest]);
    await weeks.acts.close();
    const [acts] = await actSpans(weeks.pool, {});
    const { file: actsFile } = await writeArchive(weeks.pool, acts!, archiveFolder);
    const { stdout } = await audited('archive', file(), await weeks.key(), '--acts', actsFile);
    expect(stdout).toMatch(/the act of 20.* that drops it names this file/u);
  });

  it('stays as long as it cannot be written', async () => {
    await writeFile(archiveFolder, 'a file where the folder should be');

    await expect(weeks.look(due)).rejects.toMatchObject({ code: 'archive-unwritable' });
    expect(await named()).toEqual([]);
    await rm(archiveFolder);
    await weeks.look(due);
    await weeks.acts.close();

    expect(states(await weeks.look(due))).toEqual(['dropped', 'dropped']);
  });

  it('is archived and told again where a body of it was erased, or its file was lost, before it went', async () => {
    await weeks.look(due);
    const erasing = {
      shardId: weeks.shardId,
      log: 'event',
      positions: [5],
      reason: 'a password',
      author: 'me',
    } as const;
    await eraseBodies({ pool: weeks.database.database.projection, acts: weeks.acts }, erasing);
    await weeks.acts.close();
    await rm(file());

    const again = await weeks.look(due);
    await weeks.acts.close();
    const gone = await weeks.look(due);

    expect([states(again), states(gone)]).toEqual([
      ['due', 'due'],
      ['dropped', 'dropped'],
    ]);
    expect(again[0]?.keptBecause).toBe('it was archived anew, and no checkpoint covers the act that says so');
    const acts = await named();
    expect(acts).toHaveLength(2);
    expect(acts[0]).not.toBe(acts[1]);
    expect(await digestOf(file())).toBe(acts[1]);
    const bodies: (string | null)[] = [];
    await readArchive(file(), {
      verifiers: [parseVerifier(await weeks.key())],
      take: ({ rows }) => void bodies.push(...rows.map(({ body }) => body)),
    });
    expect([bodies[5], bodies.length]).toEqual([null, 306]);
  });

  it('goes once more after it was imported again, and another shard of that week was not', async () => {
    const { pool, acts, database, sealing } = weeks;
    const beside = await someShard(pool);
    const at = Date.parse('2026-01-14T00:00:00Z');
    const writer = await EventWriter.open(database.database.ingest, beside, { sealing, now: () => at * 1_000 });
    await writer.append(someEvents(2));
    await writer.close();
    expect(states(await weeks.drop(due))).toEqual(['dropped', 'dropped']);
    const importing = { pool: database.database.projection, acts, keys: [], ground: { reason: 'r', author: 'a' } };
    const { holdId } = await importArchive(path.join(archiveFolder, 'cluster.1.2026w03.archive.zst'), importing);
    await new Holds(database.database.projection, acts).release(holdId ?? '', { reason: 'r', author: 'a' });
    await rm(archiveFolder, { recursive: true });

    await weeks.look(due);
    await acts.close();

    expect(states(await weeks.look(due))).toContain('dropped');
    expect(await readdir(archiveFolder)).toEqual(['cluster.1.2026w03.archive.zst']);
  });

  it('names no file where none is wanted', async () => {
    await weeks.look({ days: 7 });
    await weeks.acts.close();

    expect(states(await weeks.look({ days: 7 }))).toEqual(['dropped', 'dropped']);
    expect(await named()).toEqual([null]);
  });
});

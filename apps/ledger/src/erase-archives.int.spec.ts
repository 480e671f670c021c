/** Archives lie outside the database: who erases is told which hold it still. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Weeks, someEvent, someEvents } from '#testing/event-store';
import { placesHolding } from '#testing/platform';
import { readArgs } from './args.js';
import { run } from './commands.js';

const secret = 'say "hunter2"';
const ground = ['--reason', 'a password', '--author', 'privacy'];

let weeks: Weeks;
let archiveFolder: string;

beforeEach(async () => {
  weeks = await Weeks.open('cluster');
  archiveFolder = path.join(weeks.folder, 'archives');
  await weeks.record(someEvents(5), [
    someEvent({ body: JSON.stringify({ message: `I ${secret}` }) }),
    ...someEvents(300),
  ]);
  await weeks.record(someEvents(10));
  await weeks.append(someEvents(1));
  weeks.clock += 8 * 86_400_000;
});
afterEach(() => weeks.close());

async function ledger(...argv: readonly string[]): Promise<Readonly<{ code: number; told: string }>> {
  let told = '';
  const asked = readArgs([...argv, '--database-url', weeks.database.adminUrl], {});
  const code = await run(asked!, (text) => ((told += text), Promise.resolve()));
  return { code, told };
}
const erase = (...more: readonly string[]) =>
  ledger('erase', '--shard', String(weeks.shardId), '--containing', secret, ...ground, ...more);
const file = () => path.join(archiveFolder, 'cluster.1.2026w02.archive.zst');
const dropAll = () => weeks.drop({ archiveFolder });

describe('an erasure where there are archives', { timeout: 120_000 }, () => {
  it('names one of a week that is still there, which the next export replaces', async () => {
    await weeks.drop({ days: 10_000 });
    await weeks.look({ days: 7, archiveFolder });

    const { code, told } = await erase();

    expect(code).toBe(0);
    expect(told).toMatch(
      /^Erased 1 bodies: 5\.\nArchive: cluster\.1\.2026w02\.archive\.zst \(SHA-256 [0-9a-f]{64}\) holds it, in event 5\. Delete it, and its copies; the next export is without\.\n$/u,
    );
    expect((await erase('--archive-folder', archiveFolder)).told).toBe(
      `Erased 0 bodies.\nArchive: ${file()} holds it, in event 5. Delete it, and its copies; an import leaves these bodies out.\n`,
    );
  });

  it('names those of dropped weeks, looks into them where they are shown, and an import leaves out what was erased', async () => {
    await dropAll();
    await dropAll();
    expect((await weeks.rows()).length).toBeLessThan(300);
    const unseen = await erase();
    const seen = await erase('--archive-folder', archiveFolder);
    await weeks.acts.close();

    expect(unseen.told).toMatch(/w02.* may hold it: its week was dropped\..*\n.*w03.* may hold it/u);
    expect(seen).toEqual({
      code: 0,
      told: `Erased 0 bodies.\nArchive: ${file()} holds it, in event 5. Delete it, and its copies; an import leaves these bodies out.\n`,
    });
    const imported = await ledger(
      'import',
      path.join(archiveFolder, 'cluster.1.2026w03.archive.zst'),
      file(),
      ...ground,
    );
    expect(imported).toMatchObject({
      code: 0,
      told: expect.stringContaining('1 without their bodies, which were erased'),
    });
    expect(await placesHolding(weeks.database.adminUrl, 'hunter2')).toEqual([]);
    expect((await weeks.verified()).disagreements).toEqual([]);
  });

  it('erases nothing where an archive cannot be read', async () => {
    await weeks.drop({ days: 10_000 });
    await weeks.look({ days: 7, archiveFolder });
    await writeFile(path.join(archiveFolder, 'another.archive.zst'), 'no archive');

    await expect(erase('--archive-folder', archiveFolder)).rejects.toMatchObject({ code: 'archive-invalid' });
    expect(await placesHolding(weeks.database.adminUrl, 'hunter2')).not.toEqual([]);
  });
});

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActWriters, CheckpointsFile, EventWriter, readLedgerKeys, Retention, type Sealing } from '#libs/event-store';
import { silentLogger } from '#libs/platform';
import { freshDatabase, ran, withClient, type FreshDatabase } from '#testing/platform';
import { audited, someEvent, someEvents, someShard } from '#testing/event-store';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const fromSource = new URL('../../../test/support/from-source.mjs', import.meta.url).href;
const WEEK_MS = 7 * 86_400_000;

let database: FreshDatabase;
let folder: string;
let out: string;
let sealing: Sealing;
let shardId: number;
beforeEach(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'initledger-archives-'));
  out = path.join(folder, 'out');
  shardId = await someShard(database.pool, { clusterUid: 'cluster-1' });
  sealing = {
    keys: await readLedgerKeys({ data: folder, ledgerKeyFile: undefined }),
    file: new CheckpointsFile(path.join(folder, 'checkpoints')),
  };
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

/** Records weeks of so many events each, and seals those that are over. */
async function record(...counts: readonly number[]): Promise<void> {
  let clock = Date.parse('2026-01-05T00:00:00Z');
  const writer = await EventWriter.open(database.database.ingest, shardId, { sealing, now: () => clock * 1_000 });
  for (const count of counts) {
    for (let left = count; left > 0; left -= 5_000) await writer.append(someEvents(Math.min(left, 5_000)));
    clock += WEEK_MS;
  }
  await writer.append(someEvents(1));
  await writer.close();
  const acts = new ActWriters({ pool: database.database.projection, sealing });
  await acts.append(shardId, [someEvent({ type: 'AlertFired' })]);
  await new Retention({
    pool: database.database.projection,
    acts,
    logger: silentLogger,
    days: null,
    now: () => clock,
  }).look();
  await acts.close();
}

const command = (...args: readonly string[]) => ['--import', fromSource, main, ...args];
const exported = (...args: readonly string[]) =>
  ran(...command('export', '--database-url', database.urls.api, '--folder', out, ...args));

/** Ends it as a failure of power would, and waits until it is gone. */
async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

describe('the command ledger export', () => {
  it(
    'writes weeks and acts that are proved elsewhere, with no more rights than reading',
    { timeout: 240_000 },
    async () => {
      await record(300, 400);

      const { code, stdout, stderr } = await exported();

      expect([code, stderr]).toEqual([0, '']);
      const names = ['cluster-1.1.2026w02', 'cluster-1.1.2026w03', 'cluster-1.1.acts'].map(
        (name) => `${name}.archive.zst`,
      );
      expect((await readdir(out)).toSorted()).toEqual(names);
      expect(
        stdout.split('\n').map(
          (line) =>
            line
              .replace(/^[0-9a-f]{64} {2}/u, '')
              .split('  ')[1]
              ?.split(',')[0],
        ),
      ).toEqual(['300 events', '400 events', '1 events', undefined]);
      const { stdout: keys } = await ran(...command('keys', '--database-url', database.urls.api));
      const [key = '', actsKey = ''] = keys.split('\n');
      for (const name of names) {
        const told = await audited('archive', path.join(out, name), name.includes('acts') ? actsKey : key);
        expect([told.code, told.stderr]).toEqual([0, '']);
      }
    },
  );

  it('writes what is asked for alone, and says what is not there', { timeout: 240_000 }, async () => {
    await record(10, 10);

    expect((await exported('--week', '2026w03')).code).toBe(0);
    expect(await readdir(out)).toEqual(['cluster-1.1.2026w03.archive.zst']);
    expect(await exported('--week', '2026w09')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/2026w09 is not sealed/u),
    });
    expect(await exported('--week', 'january')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--week january/u),
    });
    expect(await exported('--shard', '9')).toMatchObject({
      code: 1,
      stdout: 'Nothing is sealed yet: a week is, once every shard has passed it.\n',
    });
    expect((await exported('--week', '2026w02', '--acts')).stdout.split('\n')).toHaveLength(3);
  });

  it(
    'that is killed leaves no archive that is half there, and the next one cleans up',
    { timeout: 240_000 },
    async () => {
      await record(60_000);
      const child = spawn(process.execPath, command('export', '--database-url', database.urls.api, '--folder', out));
      const part = await vi.waitFor(
        async () => {
          const [name] = await readdir(out);
          expect(name).toMatch(/\.part$/u);
          return path.join(out, name!);
        },
        { timeout: 60_000, interval: 5 },
      );
      await kill(child);
      const left = await readdir(out);
      const before = new Date(Date.now() - 2 * 3_600_000);
      await utimes(part, before, before);

      const again = await exported('--week', '2026w02');

      expect(left).toEqual([path.basename(part)]);
      expect(again.code).toBe(0);
      expect(await readdir(out)).toEqual(['cluster-1.1.2026w02.archive.zst']);
      expect((await audited('archive', path.join(out, 'cluster-1.1.2026w02.archive.zst'), await keyOf())).code).toBe(0);
    },
  );

  it('cannot write where it may not', { timeout: 240_000 }, async () => {
    await record(10);

    expect(await exported('--folder', path.join(folder, 'checkpoints', 'below-a-file'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cannot be written.*\nMake room/u),
    });
  });
});

describe('the command ledger import', () => {
  let into: FreshDatabase;
  let args: readonly string[];
  beforeEach(async () => {
    into = await freshDatabase();
    const sealed = [
      '--ledger-key-file',
      path.join(folder, 'other.pem'),
      '--checkpoints-file',
      path.join(folder, 'other'),
    ];
    args = ['--database-url', into.adminUrl, '--reason', 'case 7', '--author', 'audit', ...sealed];
    await readLedgerKeys({ data: folder, ledgerKeyFile: undefined }).then(([pem]) =>
      writeFile(path.join(folder, 'other.pem'), pem ?? ''),
    );
  });
  afterEach(() => into.close());

  const importing = (...more: readonly string[]) => ran(...command('import', ...args, ...more));
  const count = async (sql: string): Promise<unknown> =>
    (await into.pool.query(`SELECT count(*)::int AS n FROM ${sql}`)).rows[0].n;
  const week = (nth: number) => path.join(out, `cluster-1.1.2026w0${nth}.archive.zst`);

  it('takes weeks in whatever their order, once, and the log agrees', { timeout: 240_000 }, async () => {
    await record(300, 400);
    await exported();

    const first = await importing('--key', await keyOf(), '--cluster-name', 'lost', week(3), week(2));
    const again = await importing(week(2), week(3));
    const verified = await ran(...command('verify', '--database-url', into.adminUrl));

    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout.split('\n').map((line) => line.split(': ')[1]?.split(';')[0])).toEqual([
      '300 of events 0 to 299 of shard 1',
      '400 of events 300 to 699 of shard 1',
      undefined,
    ]);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^there .*\nthere /u) });
    expect(verified.stdout).toMatch(
      /^agrees {5}observations of lost \(shard 1\): 700 events.*\nagrees {5}acts of lost/u,
    );
    expect(await count('event')).toBe(700);
    expect(await count(`act_event WHERE type = 'SegmentImported' AND body->>'author' = 'audit'`)).toBe(2);
    expect((await ran(...command('holds', '--database-url', into.adminUrl))).stdout.trim().split('\n')).toHaveLength(2);
  });

  it('says what it needs, and imports nothing', { timeout: 240_000 }, async () => {
    await record(10);
    await exported();

    expect(await importing(week(2))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/No verifier key of .*\nGive one/u),
    });
    expect(await importing()).toMatchObject({ code: 2, stderr: expect.stringMatching(/^import: name the archives/u) });
    expect(await importing('--key', await keyOf(), path.join(out, 'none'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/none cannot be read/u),
    });
    expect(await count('shard')).toBe(0);
  });

  it('that is killed leaves nothing half there, and the next one takes it in', { timeout: 240_000 }, async () => {
    await record(60_000);
    await exported('--week', '2026w02');
    const key = await keyOf();
    const child = spawn(process.execPath, command('import', ...args, '--key', key, week(2)));
    await vi.waitFor(
      async () => {
        // Only the owner is shown what others do.
        const { rows } = await withClient(into.adminUrl, (client) =>
          client.query(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND (query LIKE 'COPY import%' OR query LIKE 'SELECT import_segment%')`,
          ),
        );
        expect(rows.length).toBeGreaterThan(0);
      },
      { timeout: 120_000, interval: 5 },
    );
    await kill(child);
    await vi.waitFor(
      async () =>
        expect(
          await count(`pg_stat_activity WHERE application_name = 'initledger-work' AND datname = current_database()`),
        ).toBe(0),
      60_000,
    );
    const left = [await count('event'), await count('segment'), await count('merkle_tile'), await count('checkpoint')];

    const again = await importing('--key', key, week(2));

    expect(left).toEqual([0, 0, 0, 0]);
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect(await count('event')).toBe(60_000);
    expect(await count(`act_event WHERE type = 'SegmentImported'`)).toBe(1);
    expect((await ran(...command('verify', '--database-url', into.adminUrl))).code).toBe(0);
  });
});

const keyOf = async (): Promise<string> =>
  (await ran(...command('keys', '--database-url', database.urls.api))).stdout.split('\n')[0] ?? '';

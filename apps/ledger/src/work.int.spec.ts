import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActWriters, CheckpointsFile, EventWriter, readLedgerKeys } from '#libs/event-store';
import { freshDatabase, placesHolding, withClient, type FreshDatabase } from '#testing/platform';
import { someEvent, someEvents, someShard } from '#testing/event-store';
import { readArgs } from './args.js';
import { run } from './commands.js';

const DAY_MS = 86_400_000;
let database: FreshDatabase;
let folder: string;
let shardId: number;

beforeEach(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'initledger-work-'));
  shardId = await someShard(database.pool);
  const sealing = {
    keys: await readLedgerKeys({ data: folder, ledgerKeyFile: undefined }),
    file: new CheckpointsFile(path.join(folder, 'checkpoints')),
  };
  let clock = Date.parse('2026-01-05T00:00:00Z');
  const writer = await EventWriter.open(database.database.ingest, shardId, { sealing, now: () => clock * 1_000 });
  for (let week = 0; week < 3; week += 1) {
    await writer.append(someEvents(10));
    clock += 7 * DAY_MS;
  }
  await writer.append(someEvents(1));
  await writer.close();
  // As its recorder does, when it was told that they are due.
  await database.database.ingest.query('INSERT INTO restated (shard_id, up_to) VALUES ($1, 31)', [shardId]);
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

/** What the command prints, and its exit code. */
async function ledger(...argv: readonly string[]): Promise<Readonly<{ code: number; told: string }>> {
  const env = {
    DATABASE_URL: database.adminUrl,
    LEDGER_KEY_FILE: path.join(folder, 'ledger-key.pem'),
    CHECKPOINTS_FILE: path.join(folder, 'checkpoints'),
  };
  const asked = readArgs(argv, argv[0] === 'verify' ? { ...env, LEDGER_KEY_FILE: '' } : env);
  let told = '';
  const code = await run(asked!, (text) => ((told += text), Promise.resolve()));
  return { code, told };
}
const ground = ['--reason', 'case 7', '--author', 'legal'];

describe('the commands that change history', () => {
  it('say what would be dropped, drop it, and leave a log that agrees', async () => {
    const dry = await ledger('retain', '--days', '30', '--dry-run');
    const first = await ledger('retain', '--days', '30');
    const verified = await ledger('verify');

    expect(dry).toMatchObject({
      code: 0,
      told: expect.stringMatching(/^due {8}event_2026w02.*: kept, shard 1 is not sealed/u),
    });
    expect(first).toEqual({
      code: 0,
      told: [
        'dropped    event_2026w02, 2026-01-05 to 2026-01-12\n',
        'dropped    event_2026w03, 2026-01-12 to 2026-01-19\n',
        'dropped    event_2026w04, 2026-01-19 to 2026-01-26\n',
        'dropped    event_2026w05, 2026-01-26 to 2026-02-02\n',
        'dropped    event_2026w06, 2026-02-02 to 2026-02-09\n',
      ].join(''),
    });
    expect(verified).toMatchObject({ code: 0, told: expect.stringContaining('those before were dropped') });
  });

  it('keep all where nothing says how much', async () => {
    const { code, told } = await ledger('retain');

    expect(code).toBe(0);
    expect(told).toContain('sealed     event_2026w02');
    expect(told).toContain('All is kept');
  });

  it('hold a span, list it, and let it go', async () => {
    const held = await ledger('hold', '--from', '2026-01-07', '--to', '2026-01-08', ...ground);
    const holds = await ledger('holds');
    const kept = await ledger('retain', '--days', '30');
    const released = await ledger('release', '--hold', held.told.trim(), ...ground);
    const gone = await ledger('retain', '--days', '30');

    expect(holds.told).toContain(`${held.told.trim()}  shard ${shardId}, 2026-01-07T00:00:00`);
    expect(holds.told).toContain('by legal since');
    expect(kept).toMatchObject({ code: 1, told: expect.stringContaining('kept, it is held: case 7') });
    expect(released.code).toBe(0);
    expect(gone).toMatchObject({ code: 0, told: expect.stringContaining('dropped    event_2026w02') });
    expect((await ledger('holds')).told).toBe('Nothing is held.\n');
  });

  it('refuse a hold that nobody placed, and a shard that is not there', async () => {
    const unknown = '00000000-0000-4000-8000-000000000000';

    await expect(ledger('release', '--hold', unknown, ...ground)).rejects.toMatchObject({ code: 'hold-unknown' });
    await expect(
      ledger('hold', '--shard', '9', '--from', '2026-01-07', '--to', '2026-01-08', ...ground),
    ).rejects.toMatchObject({ code: 'shard-unknown' });
  });

  it('erase what events said, so that a search of every table finds nothing, and the log still agrees', async () => {
    const sealing = {
      keys: await readLedgerKeys({ data: folder, ledgerKeyFile: undefined }),
      file: new CheckpointsFile(path.join(folder, 'checkpoints')),
    };
    const writer = await EventWriter.open(database.database.ingest, shardId, { sealing });
    await writer.append([someEvent({ body: '{"message":"the \\"word\\" is hunter2"}' }), ...someEvents(300)]);
    await writer.close();
    const text = 'the "word" is hunter2';
    const shard = ['--shard', String(shardId)];
    await database.database.ingest.query(
      `INSERT INTO recorder_state VALUES ($1, 0, 'digests'), ($1 + 1, 0, 'others')`,
      [shardId],
    );

    await expect(
      ledger('erase', ...shard, '--containing', text, '--reason', `holds ${text}`, '--author', 'a'),
    ).rejects.toThrow(/^--reason: holds the text/u);
    const erased = await ledger('erase', ...shard, '--containing', text, ...ground);
    const again = await ledger('erase', ...shard, '--containing', text, ...ground);
    const verified = await ledger('verify');

    expect(erased).toEqual({ code: 0, told: 'Erased 1 bodies: 31.\n' });
    expect(again).toEqual({ code: 1, told: 'Erased 0 bodies.\n' });
    expect(await placesHolding(database.adminUrl, 'hunter2')).toEqual([]);
    const kept = await database.database.ingest.query('SELECT shard_id FROM recorder_state');
    expect(kept.rows).toEqual([{ shard_id: shardId + 1 }]);
    expect(verified.told.match(/^agrees/gmu)).toHaveLength(2);
    await withClient(database.adminUrl, (client) =>
      client.query(`SET session_replication_role = replica; UPDATE act_event SET type = 'Nothing'`),
    );
    expect((await ledger('verify')).told).toContain(
      'position 31: the body is gone, and no act says that it was erased',
    );
  });

  it('erase what was said of an alert, with what was to be delivered of it and was, and of no other', async () => {
    const [alert, other] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
    const acts = new ActWriters({ pool: database.database.projection });
    for (const streamId of [alert, other])
      await acts.append(shardId, [someEvent({ streamId, type: 'AlertFired', body: `{"pod":"${streamId} hunter2"}` })]);
    await acts.close();
    for (const id of [alert, other]) {
      await database.database.projection.query(
        `INSERT INTO alert (shard_id, alert_id, cluster, episode, name, state, namespace, workload_kind, workload_name, category,
                            starts_at, fired_position, pods, standing, threshold_seconds, threshold_basis, evidence)
         VALUES ($1, $2, 'c', 1, 'hunter2', 'firing', 'n', 'Job', 'w', 'x', now(), 0, '[]', '[]', 1, 'fixed', '[]')`,
        [shardId, id],
      );
      await database.database.projection.query(
        `INSERT INTO outbox (shard_id, dedupe_key, alert_id, episode, receiver, transition, created_at, due_at)
         VALUES ($1, $2::text, $2::uuid, 1, 'r', 'fired', now(), now())`,
        [shardId, id],
      );
      await database.database.projection.query(
        `INSERT INTO delivery (shard_id, delivery_id, dedupe_key, receiver, attempted_at, outcome)
         VALUES ($1, gen_random_uuid(), $2, 'r', now(), 'delivered')`,
        [shardId, id],
      );
    }

    const erased = await ledger(
      'erase',
      '--shard',
      String(shardId),
      '--acts',
      '--containing',
      `${alert} hunter2`,
      ...ground,
    );

    expect(erased).toEqual({ code: 0, told: 'Erased 1 bodies: 0.\n' });
    for (const [table, id] of [
      ['alert', 'alert_id'],
      ['outbox', 'alert_id'],
      ['delivery', 'dedupe_key'],
    ])
      expect((await database.pool.query(`SELECT ${id} AS id FROM ${table}`)).rows).toEqual([{ id: other }]);
  });
});

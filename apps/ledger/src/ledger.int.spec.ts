import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointsFile, EventWriter, readLedgerKeys } from '#libs/event-store';
import { createPool } from '#libs/platform';
import { freshDatabase, ran, withClient, type FreshDatabase, type Ran } from '#testing/platform';
import { audited, someEvents, someShard } from '#testing/event-store';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const fromSource = new URL('../../../test/support/from-source.mjs', import.meta.url).href;

let database: FreshDatabase;
let folder: string;
let shardId: number;
let file: string;
beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'initledger-ledger-'));
  file = path.join(folder, 'checkpoints');
  shardId = await someShard(database.pool, { clusterUid: 'cluster-1' });
  for (const count of [200, 200]) await grow(count);
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

async function grow(count: number): Promise<void> {
  const sealing = {
    keys: await readLedgerKeys({ data: folder, ledgerKeyFile: undefined }),
    file: new CheckpointsFile(file),
  };
  const writer = await EventWriter.open(database.pool, shardId, { sealing });
  await writer.append(someEvents(count));
  await writer.close();
}

const ledger = (...args: readonly string[]): Promise<Ran> => ran('--import', fromSource, main, ...args);
const onDatabase = () => ['--database-url', database.urls.api];
const verify = (...more: readonly string[]) => ledger('verify', ...onDatabase(), '--checkpoints', file, ...more);

describe('the command ledger', () => {
  it('says that all agrees, and by whose keys', async () => {
    const { code, stdout, stderr } = await verify();

    expect([code, stderr, stdout]).toEqual([
      0,
      '',
      `agrees     observations of test (shard ${shardId}): 400 events, 4 checkpoints, by the keys that the database names: give --key to trust none of it\n`,
    ]);
  });

  it('proves an event to a verifier that shares no code with it, by the key that it names', async () => {
    const { stdout: proof } = await ledger('prove', ...onDatabase(), '--shard', String(shardId), '--position', '123');
    const { stdout: key } = await ledger('keys', ...onDatabase());
    const kept = path.join(folder, '123.tlog-proof');
    await (await import('node:fs/promises')).writeFile(kept, proof);

    const { stdout } = await audited('proof', kept, key.trim());

    expect(stdout).toContain(`holds: event 123 of initledger/cluster-1/${shardId}`);
    expect((await verify('--key', key.trim())).stdout).toContain('signed by the keys given');
  });

  it('lets the old key and the new one sign once it was changed', async () => {
    const { code } = await ledger('rotate-key', '--data', folder);
    await grow(1);

    const { stdout: keys } = await ledger('keys', ...onDatabase());

    expect(code).toBe(0);
    expect(keys.trim().split('\n')).toHaveLength(2);
    expect((await stat(path.join(folder, 'ledger-key.pem'))).mode & 0o777).toBe(0o600);
    for (const key of keys.trim().split('\n').slice(0, 1)) expect((await verify('--key', key)).code).toBe(0);
  });

  it('says what does not agree and where, and ends with 1', async () => {
    const admin = createPool(database.adminUrl, { name: 'admin', max: 1, statementTimeoutMs: 60_000 });
    const client = await admin.connect();
    await client.query(`SET session_replication_role = replica; UPDATE event SET type = 'PodGone' WHERE position = 7`);
    client.release(true);
    await admin.end();

    const { code, stdout } = await verify();
    const json = await verify('--json');

    expect(code).toBe(1);
    expect(stdout).toMatch(/^DISAGREES {2}observations of test/u);
    expect(stdout).toContain('position 7: the event does not agree with its leaf');
    expect(JSON.parse(json.stdout)).toMatchObject({ shard: shardId, log: 'event', disagreements: expect.any(Array) });
  });

  it('names the row and the column of another table that somebody changed, though that keeps the logs from being read', async () => {
    const change = (text: string) => withClient(database.adminUrl, (client) => client.query(text));
    await change(`UPDATE shard SET seen_at = 'infinity'`);

    const { code, stdout } = await verify();
    const json = await verify('--json', '--shard', String(shardId));
    await change(`SET application_name = 'initledger-repair'; UPDATE shard SET seen_at = now(), seals = '{}'`);

    const [named, unread] = stdout.split('\n');
    expect(named).toBe(`DISAGREES  table shard, shard_id ${shardId}: the service did not write seen_at`);
    expect(unread).toMatch(/^ +and so the logs cannot be read: /u);
    expect(JSON.parse(json.stdout)).toEqual({ table: 'shard', key: { shard_id: shardId }, columns: ['seen_at'] });
    expect([code, json.code]).toEqual([1, 1]);
    expect((await verify()).stdout).not.toContain('table');
  });

  it.each([
    [['verify', '--shard', '99'], /There is no shard 99/],
    [['prove', '--shard', '1', '--position', '99999'], /No checkpoint covers event 99999/],
  ])('ends with 2 and says what is wrong: %j', async (args, told) => {
    const { code, stderr } = await ledger(...args, ...onDatabase());

    expect(stderr).toMatch(told);
    expect(code).toBe(2);
  });
});

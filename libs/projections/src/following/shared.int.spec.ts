import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RULES } from '#libs/init-history';
import { Ledger, goodStart } from '../testing/index.js';
import type { Keeper } from '../takeover/keeper.js';

const fromSource = new URL('../../../../test/support/from-source.mjs', import.meta.url);
const keeperProcess = new URL('../testing/keeper-process.ts', import.meta.url);

/** A busy machine is no failure. */
const patience = { timeout: 60_000 };

describe('two projectors', { timeout: 120_000 }, () => {
  let ledger: Ledger;
  const running: Keeper[] = [];

  const holders = () =>
    ledger.rows<{ shard_id: number; worker: string }>(
      'SELECT shard_id, worker FROM projection_lease ORDER BY shard_id',
    );
  const started = (): Keeper => {
    const keeper = ledger.keeper();
    keeper.start();
    running.push(keeper);
    return keeper;
  };

  beforeEach(async () => {
    ledger = await Ledger.open();
  });
  afterEach(async () => {
    for (const keeper of running.splice(0)) await keeper.stop();
    await ledger.close();
  });

  it('share the shards, and the one that is left takes the other’s', async () => {
    const other = await ledger.beside('other', 'kubernetes');
    const [one, two] = [started(), started()];
    const workers = async () => (await holders()).map(({ worker }) => worker);
    await expect.poll(async () => new Set(await workers()).size, patience).toBe(2);
    await ledger.append(goodStart(1, 10, 5));
    await other.append(goodStart(2, 10, 5));
    await one.waitFor(ledger.shardId, 2, patience.timeout);
    await one.waitFor(other.shardId, 2, patience.timeout);

    await one.stop();
    await ledger.append(goodStart(3, 20, 5));
    await other.append(goodStart(4, 20, 5));
    await two.waitFor(ledger.shardId, 5, patience.timeout);
    await two.waitFor(other.shardId, 5, patience.timeout);

    await expect.poll(async () => new Set(await workers()).size, patience).toBe(1);
    expect(await ledger.rows("SELECT sum(ended)::int AS ended FROM workload_stats WHERE container = ''")).toEqual([
      { ended: 4 },
    ]);
  });

  it('leave nothing and repeat nothing where one is killed', async () => {
    const told = JSON.stringify({ urls: ledger.urls, rules: RULES });
    const child = spawn(process.execPath, ['--import', fromSource.href, fileURLToPath(keeperProcess), told], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await expect.poll(async () => (await holders()).length, patience).toBe(1);
    const [killed] = await holders();
    started();
    for (let pod = 1; pod <= 20; pod += 1) await ledger.append(goodStart(pod, pod * 10, 5));

    child.kill('SIGKILL');
    await once(child, 'exit');
    await ledger.append(goodStart(21, 300, 5));
    await running[0]?.waitFor(ledger.shardId, 62, patience.timeout);
    const kept = await ledger.readModels();
    const [holder] = await holders();
    await running.pop()?.stop();
    await ledger.takeOver({ rules: '99' });

    expect(holder?.worker).not.toBe(killed?.worker);
    expect(kept['init_attempt']).toHaveLength(42);
    expect(await ledger.readModels()).toEqual(kept);
  });
});

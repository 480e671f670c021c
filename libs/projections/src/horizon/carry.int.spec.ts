import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pool } from '#libs/platform';
import { ShardFollower } from '../following/shard-follower.js';
import { Builds } from '../takeover/builds.js';
import { swap } from '../takeover/swap.js';
import { Ledger, gapSeen, goodStart, initRuns, namespaceSeen, newPod, podGone, uid } from '../testing/index.js';
import { carryFrozen } from './carry.js';

let ledger: Ledger;
let beside: Pool;

beforeEach(async () => {
  ledger = await Ledger.open();
  beside = ledger.pools.projectionIn(['public_next', 'public']);
  await ledger.append([namespaceSeen(1), ...goodStart(1, 10, 7), newPod(2, 20), initRuns(2, 21), gapSeen(30, 31)]);
  await ledger.append([...goodStart(3, 40, 5), podGone(1, 60), initRuns(2, 70)]);
  await ledger.project();
});

afterEach(async () => {
  await beside.end();
  await ledger.close();
});

const builds = (): Builds => {
  const { family, tables } = ledger.projection();
  return new Builds(ledger.pool, family, tables);
};
const ours = () => ({ name: ledger.projection().name, rules: '99' });
const follower = (carry: ConstructorParameters<typeof ShardFollower>[0]['carry']) =>
  new ShardFollower({
    projection: ledger.projection({ rules: '99' }, beside),
    shardId: ledger.shardId,
    pool: beside,
    reader: ledger.reader,
    isRebuild: true,
    carry,
  });
const marks = () => ledger.rows<{ position: number }>('SELECT position FROM public_next.projection_bookmark');
const rowsNext = async (table: string) => (await ledger.rows(`SELECT FROM public_next.${table}`)).length;

describe('what is frozen', { timeout: 120_000 }, () => {
  it('is in a build as a whole or not at all', async () => {
    const told = await ledger.readModels();
    await ledger.freeze(6);
    await ledger.drop(6);
    await builds().begin(ours());
    const killed = follower(async (db, shardId) => {
      await carryFrozen(db, { shardId, from: 'public', into: 'public_next' });
      throw new Error('killed');
    });
    await expect(killed.step()).rejects.toThrow('killed');
    expect([await marks(), await rowsNext('pod_init'), await rowsNext('workload_stats')]).toEqual([[], 0, 0]);

    await ledger.takeOver({ rules: '99' });

    const { frozen_span: spans, pod_seed: seeds, ...rows } = await ledger.readModels();
    expect({ ...told, ...rows }).toEqual(told);
    expect([spans?.length, seeds?.length]).toEqual([1, 2]);
  });

  it('counts once: what it was told to be is taken back where it is told otherwise', async () => {
    await ledger.freeze(6);
    await ledger.drop(6);
    await ledger.takeOver({ rules: '99' });
    const sums = `SELECT sum(ended)::int AS ended, sum(succeeded)::int AS succeeded, sum(unknown)::int AS unknown
                  FROM workload_stats WHERE container = ''`;
    const before = await ledger.rows(sums);
    await ledger.append([podGone(2, 90)]);
    await ledger.project(ledger.follower(ledger.projection({ rules: '99' })));

    expect(before).toEqual([{ ended: 2, succeeded: 2, unknown: 0 }]);
    expect(await ledger.rows(sums)).toEqual([{ ended: 3, succeeded: 2, unknown: 0 }]);
  });

  it('is what a build begins with again, where a week goes while it grows', async () => {
    const told = await ledger.readModels();
    await builds().begin(ours());
    const early = follower(() => Promise.resolve(-1));
    while ((await early.step()).outcome === 'moved');
    expect(await builds().isBegun()).toBe(true);
    await ledger.freeze(6);
    expect(await builds().isBegun()).toBe(true);
    await ledger.drop(6);

    expect(await builds().isBegun()).toBe(false);
    expect(await swap(ledger.pool, builds(), { ours: ours(), from: [], shards: [] }, 50)).toBe(false);
    expect(await builds().begin(ours())).toBe('begun');
    await ledger.takeOver({ rules: '99' });

    const { frozen_span: _spans, pod_seed: _seeds, ...rows } = await ledger.readModels();
    expect({ ...told, ...rows }).toEqual(told);
  });

  it('without anything that goes on from it stays as it is, and what comes after says so', async () => {
    await ledger.freeze(12);
    await ledger.rows('DELETE FROM pod_seed WHERE stream_id = $1', [uid(2)]);
    await ledger.drop(12);
    const rows = () => ledger.rows('SELECT * FROM pod_init WHERE pod_uid = $1 ORDER BY valid_from', [uid(2)]);
    const before = await rows();
    await ledger.append([podGone(2, 90)]);
    await ledger.project();

    expect(await rows()).toEqual(before);
    expect(ledger.failures).toMatchObject([{ uid: uid(2) }]);
    expect(String(ledger.failures[0]?.error)).toContain(
      'what was observed of it before position 12 was dropped, and nothing is kept to read the rest with',
    );
  });
});

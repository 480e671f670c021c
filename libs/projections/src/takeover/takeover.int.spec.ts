import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RULES } from '#libs/init-history';
import {
  Ledger,
  eventSeen,
  gapSeen,
  goodStart,
  initRuns,
  namespaceSeen,
  newPod,
  replicaSetSeen,
  uid,
} from '../testing/index.js';
import { deriveAgain } from '../erasure/derive-again.js';
import { inTransaction } from '../following/transaction.js';
import { Builds } from './builds.js';
import type { Keeper } from './keeper.js';
import { swap } from './swap.js';

/** A busy machine is no failure. */
const patience = { timeout: 30_000 };

const limits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 20 };

describe('a takeover of the read models by newer rules', () => {
  let ledger: Ledger;
  const running: Keeper[] = [];

  const started = (keeper: Keeper): Keeper => {
    keeper.start();
    running.push(keeper);
    return keeper;
  };
  const marks = (schema = 'public') =>
    ledger.rows<{ rules: string; position: number }>(`SELECT rules, position FROM ${schema}.projection_bookmark`);
  const tablesIn = (schema: string) =>
    ledger.rows<{ relname: string }>(
      `SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r' ORDER BY 1`,
      [schema],
    );
  const shapeOf = () =>
    ledger.rows(
      `SELECT pg_class.relname, pg_class.reloptions, pg_get_indexdef(indexrelid) AS index, conname
       FROM pg_class
       JOIN pg_index ON indrelid = pg_class.oid
       LEFT JOIN pg_constraint ON conindid = indexrelid
       WHERE relnamespace = 'public'::regnamespace
       ORDER BY 1, 3`,
    );

  beforeEach(async () => {
    ledger = await Ledger.open();
    await ledger.append([namespaceSeen(1), ...goodStart(1, 10, 7), newPod(2, 20), initRuns(2, 21), gapSeen(30, 31)]);
    await ledger.append(goodStart(3, 40, 5));
  });

  afterEach(async () => {
    for (const keeper of running.splice(0)) await keeper.stop();
    await ledger.close();
  });

  it('leaves the same tables, with their indexes and options, and says what it came to', async () => {
    await ledger.project();
    const [kept, shape] = [await ledger.readModels(), await shapeOf()];

    await ledger.takeOver({ rules: '99' });

    expect(await ledger.readModels()).toEqual(kept);
    expect(await shapeOf()).toEqual(shape);
    expect(await tablesIn('public_next')).toEqual([]);
    expect(
      await ledger.rows(
        'SELECT from_rules, to_rules, position, pods_before, pods_after, attempts_before, attempts_after, pods_differing FROM takeover',
      ),
    ).toEqual([
      {
        from_rules: RULES,
        to_rules: '99',
        position: 9,
        pods_before: 3,
        pods_after: 3,
        attempts_before: 3,
        attempts_after: 3,
        pods_differing: 0,
      },
    ]);
  });

  it('counts the pods that the new rules tell otherwise, and drops the old read models when their time is over', async () => {
    await ledger.project();

    await ledger.takeOver({ rules: '99', limits: { defaultSeconds: 120 } });

    expect(await ledger.rows('SELECT pods_before, pods_after, pods_differing FROM takeover')).toEqual([
      { pods_before: 3, pods_after: 3, pods_differing: 1 },
    ]);
    expect(
      await ledger.rows('SELECT threshold_seconds FROM pod_init WHERE deadline_at IS NOT NULL AND valid_to IS NULL'),
    ).toEqual([{ threshold_seconds: 120 }]);
    expect((await tablesIn('public_former')).length).toBeGreaterThan(9);
    started(ledger.keeper({ rules: '99' }, { pace: { lookMs: 20, keepFormerMs: 0 } }));
    await expect.poll(() => tablesIn('public_former'), patience).toEqual([]);
  });

  it('happens beside a projector of the old rules, which goes on until then and stands aside afterwards', async () => {
    const old = started(ledger.keeper());
    await old.waitFor(ledger.shardId, 9);
    const seen: number[] = [];
    const over = new AbortController();
    const watching = (async () => {
      while (!over.signal.aborted) {
        seen.push(...(await marks()).map(({ position }) => position));
        await sleep(3);
      }
    })();

    const taking = ledger.takeOver({ rules: '99' });
    for (let pod = 10; pod < 30; pod += 1) {
      await ledger.append(goodStart(pod, 100 + pod, 1));
      old.wake(ledger.shardId);
    }
    await taking;
    const later = started(ledger.keeper({ rules: '99' }));
    await ledger.append(goodStart(40, 200, 1));
    await later.waitFor(ledger.shardId, 9 + 21 * 3);
    over.abort();
    await watching;

    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    await expect.poll(() => old.check().catch(String), patience).toContain('kept by rules 99');
    expect(await marks()).toEqual([{ rules: '99', position: 9 + 21 * 3 }]);
    expect(await ledger.rows("SELECT sum(ended)::int AS ended FROM workload_stats WHERE container = ''")).toEqual([
      { ended: 23 },
    ]);
  });

  it('leaves the old read models frozen, and behind, as long as nobody keeps them and the new ones are not there', async () => {
    await ledger.project();
    const kept = await ledger.readModels();
    const broken = ledger.keeper(
      { rules: '99' },
      {
        projectionOn: (pool) => ({
          ...ledger.projection({ rules: '99' }, pool),
          open: () => Promise.reject(new Error('no space left')),
        }),
      },
    );
    started(broken);
    await ledger.append(goodStart(4, 50, 5));
    await expect.poll(() => broken.check().catch(String), patience).toContain('no space left');

    expect(await ledger.readModels()).toEqual(kept);
    expect(await broken.lags()).toMatchObject([
      { projection: 'pod-inits-v2', positions: 3 },
      { projection: 'pod-inits-v2 next, rules 99', positions: 13 },
    ]);
  });

  it('waits where the new read models have not come as far as those in force: nobody is told less than before', async () => {
    await ledger.project();
    const { name, family, tables } = ledger.projection();
    const builds = new Builds(ledger.pool, family, tables);
    const ours = { name, rules: '99' };
    await builds.begin(ours);
    const pool = ledger.pools.projectionIn(['public_next', 'public']);
    const behind = ledger.follower(ledger.projection({ rules: '99' }, pool), pool);
    await behind.step();
    await ledger.append(goodStart(5, 70, 1));
    await ledger.project();
    const early = await swap(ledger.pool, builds, { ours, from: [], shards: [] }, 50);
    const between = await marks();
    await ledger.project(behind);
    const late = await swap(ledger.pool, builds, { ours, from: [], shards: [] }, 50);
    await pool.end();

    expect([early, between, late]).toEqual([false, [{ rules: RULES, position: 12 }], true]);
    expect(await marks()).toEqual([{ rules: '99', position: 12 }]);
  });

  it('is not taken back by a process of the old rules that starts again, but by one that is told to, at once', async () => {
    await ledger.project();
    await ledger.takeOver({ rules: '99' });
    const old = started(ledger.keeper());
    await expect.poll(() => old.check().catch(String), patience).toContain('--take-over always');
    await old.stop();
    await ledger.append([replicaSetSeen(60), initRuns(2, 61)]);
    const opened: number[] = [];

    await ledger.takeOver(
      { rules: RULES },
      {
        takeOver: 'always',
        projectionOn: (pool) => {
          const projection = ledger.projection({}, pool);
          return { ...projection, open: (place) => (opened.push(place.position), projection.open(place)) };
        },
      },
    );

    expect(opened).toEqual([9]);
    expect(await marks()).toEqual([{ rules: RULES, position: 11 }]);
    expect(await marks('public_former')).toEqual([{ rules: '99', position: 9 }]);
  });

  it('does not happen when the new rules cannot read what the old ones did, unless that is wanted', async () => {
    await ledger.project();
    const poisoned = {
      projectionOn: (pool: Ledger['pool']) => {
        const projection = ledger.projection({ rules: '99' }, pool);
        return {
          ...projection,
          open: async (place: Parameters<typeof projection.open>[0]) => {
            const cell = await projection.open(place);
            return {
              ...cell,
              leaveOut: cell.leaveOut.bind(cell),
              isAlone: cell.isAlone.bind(cell),
              fold: (page: Parameters<typeof cell.fold>[0]) => {
                const [first] = page;
                return first?.streamId === uid(2)
                  ? cell.leaveOut(first, new Error('rules 99 cannot count to three'))
                  : cell.fold(page.slice(0, 1));
              },
            };
          },
        };
      },
    };
    const keeper = started(ledger.keeper({ rules: '99' }, poisoned));
    await expect.poll(() => keeper.check().catch(String), patience).toContain('is not told any more');
    expect(await marks()).toEqual([{ rules: RULES, position: 9 }]);
    await keeper.stop();

    await ledger.takeOver({ rules: '99' }, { ...poisoned, takeOver: 'always' });

    expect(await ledger.rows('SELECT stream_id FROM quarantine')).toEqual([{ stream_id: uid(2) }]);
  });

  it('does not happen where what was recorded is not all there, or not as it was recorded', async () => {
    await ledger.project();
    await ledger.append([eventSeen(uid(1), 50, { reason: 'Pulled' })]);
    await ledger.project();
    const forged = 'a message that nobody recorded';
    await ledger.rows("UPDATE kube_event SET doc = json_build_object('message', $1::text)", [forged]);
    const keeper = started(ledger.keeper({ rules: '99' }));

    await expect
      .poll(() => keeper.check().catch(String), patience)
      .toContain(`kube_event of shard ${ledger.shardId} does not say what it said`);
    await ledger.rows(
      'INSERT INTO kube_event SELECT shard_id, position - 1, pod_uid, event_uid, namespace, reason, type, container, message, count, at, doc FROM kube_event',
    );
    await expect.poll(() => keeper.check().catch(String), patience).toContain('has 1 rows, not 2');
    expect((await marks()).map(({ rules }) => rules)).toEqual([RULES]);
  });

  it('does not happen where a pod, read once more, is not what was built of it', async () => {
    await ledger.project();
    const careless = {
      projectionOn: (pool: Ledger['pool']) => {
        const projection = ledger.projection({ rules: '99' }, pool);
        return {
          ...projection,
          misread: async (shardId: number, atMost: number) => {
            await pool.query(`UPDATE pod_init SET doc = jsonb_set(doc, '{node}', '"node-z"') WHERE pod_uid = $1`, [
              uid(2),
            ]);
            return projection.misread(shardId, atMost);
          },
        };
      },
    };
    const keeper = started(ledger.keeper({ rules: '99' }, careless));

    await expect
      .poll(() => keeper.check().catch(String), patience)
      .toContain(`pod api-2 (${uid(2)}) of shard ${ledger.shardId} is not what the log comes to at position`);
    expect((await marks()).map(({ rules }) => rules)).toEqual([RULES]);
  });

  it('of read models by the same rules reads again what was parked, and is followed meanwhile', async () => {
    const poisoned = ledger.projection();
    await ledger.project(
      ledger.follower({
        ...poisoned,
        open: async (place) => {
          const cell = await poisoned.open(place);
          const leaveOut = cell.leaveOut.bind(cell);
          const fold = (page: Parameters<typeof cell.fold>[0]) =>
            page[0]?.streamId === uid(2)
              ? leaveOut(page[0], new Error('the disk was full'))
              : cell.fold(page.slice(0, 1));
          return { fold, leaveOut, isAlone: cell.isAlone.bind(cell) };
        },
      }),
    );
    const parked = await ledger.rows('SELECT stream_id FROM quarantine');
    const again = started(ledger.keeper({}, { takeOver: 'again' }));
    await expect.poll(() => ledger.rows('SELECT stream_id FROM quarantine'), patience).toEqual([]);
    await ledger.append(goodStart(6, 80, 5));
    await again.waitFor(ledger.shardId, 12, patience.timeout);
    const kept = await ledger.readModels();
    const takeovers = await ledger.rows('SELECT from_rules, to_rules FROM takeover');
    await again.check();
    await again.stop();
    await ledger.takeOver({ rules: '99' });

    expect(parked).toEqual([{ stream_id: uid(2) }]);
    expect(takeovers).toEqual([{ from_rules: RULES, to_rules: RULES }]);
    expect(kept['pod_init']?.some((row) => row.includes('api-2'))).toBe(true);
    expect(await ledger.readModels()).toEqual(kept);
  });

  it('by the same rules does not happen where they tell of other happenings', async () => {
    await ledger.project();
    await ledger.rows("UPDATE happening SET doc = '{}' WHERE pod_uid = $1", [uid(1)]);
    const again = started(ledger.keeper({}, { takeOver: 'again' }));

    await expect
      .poll(() => again.check().catch(String), patience)
      .toContain(`happening of shard ${ledger.shardId} does not say what it said`);
    await expect(again.check()).rejects.toThrow('start without --take-over again');
    expect(await ledger.rows('SELECT to_rules FROM takeover')).toEqual([]);
  });

  it('begins again where what is built is dropped, and writes nothing into what is in force', async () => {
    await ledger.project();
    await ledger.rows("UPDATE context SET doc = '{}'");
    const keeper = started(ledger.keeper({ rules: '99' }));
    await expect.poll(() => keeper.check().catch(String), patience).toContain('does not say what it said');

    await inTransaction(ledger.pool, (db) => deriveAgain(db, { shardId: ledger.shardId, bodies: [] }, limits));
    await ledger.append(goodStart(6, 80, 5));

    await expect.poll(() => marks('public_next').catch(String), patience).toEqual([{ rules: '99', position: 12 }]);
    const told = 'SELECT pod_uid FROM';
    expect(await ledger.rows(`${told} public.happening WHERE pod_uid = $1`, [uid(6)])).toEqual([]);
    expect(await ledger.rows(`${told} public_next.happening WHERE pod_uid = $1`, [uid(6)])).not.toEqual([]);
  });

  it('goes on with what was begun, unless it is to be built anew', async () => {
    const { name, family, tables, rules } = ledger.projection();
    const builds = new Builds(ledger.pool, family, tables);
    const ours = { name, rules };

    expect([await builds.begin(ours), await builds.begin(ours), await builds.begin(ours, true)]).toEqual([
      'begun',
      'resumed',
      'begun',
    ]);
  });

  it('begins again where what was built has another shape than what is in force, or was begun by others', async () => {
    await ledger.project();
    const kept = await ledger.readModels();
    await ledger.rows("SELECT begin_read_model('happening')");
    await ledger.takeOver({ rules: '98' });
    const stopped = ledger.keeper({ rules: '99' });
    stopped.start();
    await expect.poll(() => tablesIn('public_next').then(({ length }) => length), patience).toBeGreaterThan(5);
    await stopped.stop();

    await ledger.takeOver({ rules: '100' });

    expect(await ledger.readModels()).toEqual(kept);
    expect((await marks()).map(({ rules }) => rules)).toEqual(['100']);
  });
});

describe('what the projector may do to tables', () => {
  it('ends at the read models', async () => {
    const ledger = await Ledger.open();
    try {
      for (const statement of [
        "SELECT begin_read_model('event')",
        "SELECT move_read_model('event', 'current', 'former')",
        "SELECT move_read_model('shard', 'current', 'next')",
        "SELECT drop_read_model('pod_init', 'current')",
        "SELECT index_read_model('shard_head')",
      ]) {
        await expect(ledger.rows(statement)).rejects.toThrow(/no read model|not dropped/);
      }
    } finally {
      await ledger.close();
    }
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { finishAlertErasures } from '#libs/alerting';
import { ActWriters } from '#libs/event-store';
import { createPool, type Pool } from '#libs/platform';
import { placesHolding } from '#testing/platform';
import {
  Ledger,
  deploymentSeen,
  eventSeen,
  goodStart,
  initBacksOff,
  initRuns,
  logSeen,
  namespaceSeen,
  newPod,
  nodeSeen,
  replicaSetSeen,
  uid,
  withParts,
} from '#testing/projections';
import { readArgs } from './args.js';
import { run } from './commands.js';

const fromSource = new URL('../../../test/support/from-source.mjs', import.meta.url);
const main = new URL('main.ts', import.meta.url);
const secret = 'hunter2-of-the-shop';
const alertId = '00000000-0000-5000-8000-00000000a1e7';

let ledger: Ledger;
let admin: Pool;

/** What the command is made of is compiled once, which takes its time where nothing of it is in the cache. */
beforeAll(async () => {
  const help = spawn(process.execPath, ['--import', fromSource.href, fileURLToPath(main), '--help'], {
    stdio: 'ignore',
  });
  await once(help, 'exit');
}, 240_000);

beforeEach(async () => {
  ledger = await Ledger.open();
  admin = createPool(ledger.adminUrl, { name: 'admin', max: 4, statementTimeoutMs: 60_000 });
  await ledger.append([
    withParts(namespaceSeen(0), { metadata: { uid: uid(800), name: 'shop', labels: { owner: secret } } }),
    withParts(nodeSeen(0), { metadata: { name: 'node-a', labels: { 'topology.kubernetes.io/zone': secret } } }),
    replicaSetSeen(0),
    withParts(deploymentSeen(0), {
      metadata: { kind: 'Deployment', apiVersion: 'apps/v1', name: `api-${secret}`, namespace: 'shop' },
    }),
    ...goodStart(1, 10, 7),
    newPod(2, 20),
    initRuns(2, 21),
    ...initBacksOff(2, 42, secret),
    eventSeen(uid(2), 43, { message: `failed with ${secret}` }),
    logSeen(2, 44, { text: `logged in with ${secret}\n` }),
  ]);
  await ledger.project();
  await raiseAlert();
});
afterEach(async () => {
  await admin.end();
  await ledger.close();
});

/** An alert whose act holds the secret, read into the tables, and delivered to somebody who echoes it. */
async function raiseAlert(): Promise<void> {
  const acts = new ActWriters({ pool: ledger.pool });
  const pods = [{ uid: uid(2), name: `api-${secret}`, since: '2026-11-21T10:00:42Z', position: 9 }];
  const act = { type: 'AlertFired', alertId, episode: 1, at: '2026-11-21T10:06:00Z', pods };
  await acts.append(ledger.shardId, [
    { streamId: alertId, eventId: uid(77), type: act.type, schemaVersion: 1, body: JSON.stringify(act) },
  ]);
  await acts.close();
  await ledger.rows(`INSERT INTO alert_bookmark (shard_id, position, owner, lease_until) VALUES ($1, 0, $2, now())`, [
    ledger.shardId,
    uid(78),
  ]);
  await ledger.rows(
    `INSERT INTO alert (shard_id, alert_id, cluster, episode, name, state, namespace, workload_kind, workload_name, category, starts_at,
                        fired_position, pods, standing, threshold_seconds, threshold_basis, evidence)
     VALUES ($1, $2, 'test', 1, 'PodInitStuck', 'firing', 'shop', 'Deployment', 'api', 'CRASH', now(), 0, $3, $3, 300, 'default', '[9]')`,
    [ledger.shardId, alertId, JSON.stringify(pods)],
  );
  await ledger.rows(
    `INSERT INTO outbox (shard_id, dedupe_key, alert_id, episode, receiver, transition, created_at, due_at, done_at)
     VALUES ($1, 'key', $2, 1, 'hook', 'fired', now(), now(), now())`,
    [ledger.shardId, alertId],
  );
  await ledger.rows(
    `INSERT INTO delivery (shard_id, delivery_id, dedupe_key, receiver, attempted_at, outcome, detail)
     VALUES ($1, $2, 'key', 'hook', now(), 'refused', $3)`,
    [ledger.shardId, uid(79), `not a word of ${secret}`],
  );
}

const asked = (): readonly string[] => {
  const ground = ['--reason', 'a password', '--author', 'privacy'];
  return [
    'erase',
    '--shard',
    String(ledger.shardId),
    '--containing',
    secret,
    ...ground,
    '--database-url',
    ledger.adminUrl,
  ];
};

/** The command, to its end. */
async function erase(): Promise<Readonly<{ code: number; told: string }>> {
  let told = '';
  const code = await run(readArgs(asked(), {})!, (text) => ((told += text), Promise.resolve()));
  return { code, told };
}

/** The command in a process of its own, which is killed where it waits for `lock`. */
async function eraseKilledAt(lock: string): Promise<void> {
  const holder = await admin.connect();
  const child = spawn(process.execPath, ['--import', fromSource.href, fileURLToPath(main), ...asked()], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] },
  });
  const exit = once(child, 'exit');
  const waiting = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  const waitFor = (count: number) =>
    expect.poll(async () => (await admin.query(waiting)).rows.length, { timeout: 90_000 }).toBe(count);
  try {
    await holder.query('BEGIN');
    await holder.query(lock);
    await waitFor(1);
    child.kill('SIGKILL');
    await exit;
    // The server has not noticed yet, and would do what it was asked for.
    await admin.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS left_behind`);
    await waitFor(0);
  } finally {
    child.kill('SIGKILL');
    holder.release(true);
  }
}

/** Where an erasure waits in its turn, and whether all that was asked for is in the log of acts by then. */
const steps = [
  ['before its act', 'LOCK TABLE act_head IN EXCLUSIVE MODE', false],
  ['while bodies go', 'LOCK TABLE erasure IN ACCESS EXCLUSIVE MODE', false],
  ['while acts go', `SELECT FROM act_event WHERE type = 'AlertFired' FOR UPDATE`, true],
  ['before anything is derived again', 'LOCK TABLE projection_bookmark IN EXCLUSIVE MODE', true],
  ['while pods are derived again', 'LOCK TABLE workload_stats IN EXCLUSIVE MODE', true],
  ['before alerts are laid again', 'LOCK TABLE alert_bookmark IN EXCLUSIVE MODE', true],
] as const;

describe('an erasure whose process is killed', { timeout: 120_000 }, () => {
  it.each(steps)('%s is brought to its end by the next one', async (_when, lock) => {
    expect((await placesHolding(ledger.adminUrl, secret)).join()).toMatch(
      /act_event.*alert.*context.*event_.*kube_event/u,
    );

    await eraseKilledAt(lock);
    expect(await placesHolding(ledger.adminUrl, secret)).not.toEqual([]);
    const { code } = await erase();

    expect(code).toBe(0);
    expect(await placesHolding(ledger.adminUrl, secret)).toEqual([]);
    expect(await erase()).toEqual({ code: 1, told: 'Erased 0 bodies.\n' });
  });

  it.each(steps.filter(([, , isAsked]) => isAsked))('%s is brought to its end by a projector', async (_when, lock) => {
    await eraseKilledAt(lock);
    const keeper = ledger.keeper();
    keeper.start();
    try {
      await expect
        .poll(async () => (await finishAlertErasures(ledger.pool), placesHolding(ledger.adminUrl, secret)), {
          timeout: 30_000,
        })
        .toEqual([]);
    } finally {
      await keeper.stop();
    }
    const told = await ledger.readModels();
    for (const table of ['projection_bookmark', 'quarantine', ...Object.keys(told)])
      await ledger.rows(`TRUNCATE ${table}`);
    await ledger.project();
    expect(withoutPositions(told)).toEqual(withoutPositions(await ledger.readModels()));
  });
});

/** Where the erasure of a text waits that no event holds any more, and whether all that was asked for is in the log of acts by then. */
const frozenSteps = [
  ['while it is noted', 'LOCK TABLE erasure_text IN EXCLUSIVE MODE', false],
  ['before its act', 'LOCK TABLE act_head IN EXCLUSIVE MODE', false],
  ['before anything goes', 'LOCK TABLE projection_bookmark IN EXCLUSIVE MODE', true],
  ['while rows lose it', 'LOCK TABLE pod_seed IN EXCLUSIVE MODE', true],
  ['before deliveries lose it', 'LOCK TABLE delivery IN EXCLUSIVE MODE', true],
] as const;

describe('an erasure of what was told of events that are gone', { timeout: 120_000 }, () => {
  const sums = () =>
    ledger.rows(`SELECT container, sum(ended) AS ended, sum(failed) AS failed, sum(duration_ms) AS duration_ms
                 FROM workload_stats GROUP BY 1 ORDER BY 1`);
  const pods = () =>
    ledger.rows('SELECT pod_uid, cycle, state, outcome, started_at FROM pod_init ORDER BY 1, valid_from');
  let before: readonly unknown[];

  beforeEach(async () => {
    const [head] = await ledger.rows<{ size: number }>('SELECT size FROM shard_head');
    await ledger.freeze(head?.size ?? 0);
    await ledger.drop(head?.size ?? 0);
    before = [await sums(), await pods()];
  });

  it('says in which rows the text stood, and what stands there now', async () => {
    const { code, told } = await erase();

    expect(code).toBe(0);
    expect(told).toMatch(
      /^Erased 0 bodies\.\nErased 1 bodies of acts: 0\.\nErased from rows: .*\d+ of pod_init.*, \d+ of pod_seed/u,
    );
    expect(told).toContain(
      '1 of delivery, of which no event tells. They say erased~ and the position of the act in its place.',
    );
    const [act] = await ledger.rows<{ position: number; told: object }>(
      `SELECT position, body->'told'->'rows' AS told FROM act_event WHERE body->'told' IS NOT NULL`,
    );
    expect(Object.keys(act?.told ?? {})).toEqual(
      expect.arrayContaining(['pod_init', 'kube_event', 'context', 'delivery']),
    );
    expect(await placesHolding(ledger.adminUrl, secret)).toEqual([]);
    const marks = await placesHolding(ledger.adminUrl, `erased~${act?.position}`);
    expect(marks).toEqual(expect.arrayContaining(['pod_init', 'kube_event', 'context', 'pod_seed']));
    expect([await sums(), await pods()]).toEqual(before);
    expect(await erase()).toEqual({ code: 1, told: 'Erased 0 bodies.\n' });
  });

  it.each(frozenSteps)('%s is brought to its end by the next one, where it is killed', async (_when, lock) => {
    await eraseKilledAt(lock);
    expect(await placesHolding(ledger.adminUrl, secret)).not.toEqual([]);

    expect((await erase()).code).toBe(0);

    expect(await placesHolding(ledger.adminUrl, secret)).toEqual([]);
    expect([await sums(), await pods()]).toEqual(before);
  });

  it.each(frozenSteps.filter(([, , isAsked]) => isAsked))(
    '%s is brought to its end by a projector',
    async (_when, lock) => {
      await eraseKilledAt(lock);
      const keeper = ledger.keeper();
      keeper.start();
      try {
        await expect
          .poll(async () => (await finishAlertErasures(ledger.pool), placesHolding(ledger.adminUrl, secret)), {
            timeout: 30_000,
          })
          .toEqual([]);
      } finally {
        await keeper.stop();
      }
      expect([await sums(), await pods()]).toEqual(before);
      await ledger.takeOver({ rules: '99' });
      expect(await placesHolding(ledger.adminUrl, secret)).toEqual([]);
      expect([await sums(), await pods()]).toEqual(before);
    },
  );
});

/** Rows of statistics without the position that moved them last: taking back and adding again moves it. */
const withoutPositions = (tables: Readonly<Record<string, readonly string[]>>): unknown =>
  Object.entries(tables).map(([table, rows]) => [
    table,
    rows.map((row) => row.replace(/"last_position": -?\d+/u, '')).toSorted(),
  ]);

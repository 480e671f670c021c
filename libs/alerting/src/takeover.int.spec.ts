import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActWriters } from '#libs/event-store';
import { HealthChecks, silentLogger } from '#libs/platform';
import {
  Ledger,
  deploymentSeen,
  goodStart,
  initRuns,
  namespaceSeen,
  newPod,
  podGone,
  replicaSetSeen,
  time,
} from '#testing/projections';
import { Deliveries } from './deliveries.js';
import { takeDue } from './outbox.js';
import type { Receiver } from './receivers.js';
import { StuckAlerts } from './stuck-alerts.js';

let ledger: Ledger;
let alerts: StuckAlerts;
let delivered: string[];

const receiver: Receiver = {
  name: 'pager',
  wants: 'transition',
  deliver: ({ identity, endsAt }) => {
    delivered.push(`${identity.workloadName} ${endsAt === null ? 'fires' : 'ended'}`);
    return Promise.resolve({ outcome: 'delivered', status: 200 });
  },
};

beforeEach(async () => {
  ledger = await Ledger.open();
  delivered = [];
  alerts = new StuckAlerts({
    database: ledger.pools,
    receivers: [receiver],
    health: new HealthChecks(),
    logger: silentLogger,
    acts: new ActWriters({ pool: ledger.pool }),
  });
});
afterEach(async () => {
  await alerts.onApplicationShutdown();
  await ledger.close();
});

/** Looks at the deadlines so many seconds after the scene began, and delivers what is due. */
async function look(seconds = 3_600): Promise<void> {
  const at = new Date(Date.parse(time(seconds)));
  // The recorder lives when the scene does.
  await ledger.recorderPool.query('UPDATE shard SET seen_at = $1', [at.toISOString()]);
  await alerts.scan({ shardId: ledger.shardId, cluster: 'test', source: 'kubernetes' }, at);
  const deliveries = new Deliveries(ledger.pool, [receiver], 'http://127.0.0.1:7411');
  for (const row of await takeDue(ledger.pool, at)) await deliveries.attempt(row.shard_id, row.dedupe_key, () => at);
}

const counted = () =>
  ledger.rows(
    `SELECT (SELECT count(*) FROM act_event) AS acts, (SELECT count(*) FROM outbox) AS outbox,
            (SELECT count(*) FROM delivery) AS deliveries`,
  );

describe('alerts under rules that take over', () => {
  beforeEach(async () => {
    await ledger.append([namespaceSeen(0), replicaSetSeen(0), deploymentSeen(0), newPod(1, 10), initRuns(1, 11)]);
    await ledger.append([newPod(2, 12), initRuns(2, 13), ...goodStart(3, 20, 5)]);
    await ledger.project();
    await look();
  });

  it('are neither raised nor delivered again', async () => {
    const before = await counted();

    await ledger.takeOver({ rules: '99' });
    await look();
    await look();

    expect(delivered).toEqual(['api fires']);
    expect(await counted()).toEqual(before);
    expect(before).toEqual([{ acts: 1, outbox: 1, deliveries: 1 }]);
  });

  it('are neither raised nor delivered again where the read models are built anew by the same rules', async () => {
    const before = await counted();
    const again = ledger.keeper({}, { takeOver: 'again' });
    again.start();
    await expect.poll(() => ledger.rows('SELECT shard_id FROM takeover'), { timeout: 60_000 }).toHaveLength(1);
    await again.stop();

    await look();
    await look();

    expect(delivered).toEqual(['api fires']);
    expect(await counted()).toEqual(before);
  });

  it('end where the new rules see nobody stuck any more', async () => {
    await ledger.takeOver({ rules: '99', limits: { defaultSeconds: 7_200 } });
    await look();

    expect(delivered).toEqual(['api fires', 'api ended']);
  });

  it.each([
    ['ten seconds', 3_590],
    ['a second', 3_599],
  ])('are not raised by read models that nobody has kept for %s while others are built', async (_, goneAt) => {
    await ledger.append([newPod(4, 3_280, { owner: null }), initRuns(4, 3_281)]);
    await ledger.project();
    await ledger.append([podGone(4, goneAt)]);
    const waits = ledger.keeper(
      { rules: '99' },
      {
        projectionOn: (pool) => ({
          ...ledger.projection({ rules: '99' }, pool),
          open: () => Promise.reject(new Error('not yet')),
        }),
      },
    );
    waits.start();
    await expect.poll(() => waits.check().catch(String), { timeout: 30_000 }).toContain('not yet');

    await look(3_600);
    const meanwhile = [...delivered];
    await waits.stop();
    await ledger.takeOver({ rules: '99' });
    await look(3_601);

    expect(meanwhile).toEqual(['api fires']);
    expect(delivered).toEqual(['api fires']);
  });

  it('are not raised by read models that nobody keeps yet or any longer, and are by those that somebody keeps', async () => {
    await ledger.append([newPod(4, 3_280, { owner: null }), initRuns(4, 3_281)]);
    await ledger.project();
    await ledger.append([podGone(4, 3_590)]);
    await look(3_600);
    expect(delivered).toEqual(['api fires']);

    await ledger.rows(
      `INSERT INTO projection_lease (shard_id, projection, worker, lease_until)
       SELECT shard_id, name || ', rules ' || rules, gen_random_uuid(), clock_timestamp() + interval '1 hour' FROM projection_bookmark`,
    );
    await look(3_601);
    expect(delivered).toHaveLength(2);
  });

  it('are raised by read models that a keeper keeps: its lease is the one that is looked for', async () => {
    const keeper = ledger.keeper({});
    keeper.start();
    const kept = () =>
      ledger.rows(
        `SELECT count(*)::int AS kept FROM projection_bookmark AS mark
         JOIN projection_lease AS lease USING (shard_id) WHERE lease.projection = mark.name || ', rules ' || mark.rules`,
      );
    await expect.poll(kept, { timeout: 60_000 }).toEqual([{ kept: 1 }]);
    await keeper.stop();
    expect(await kept()).toEqual([{ kept: 0 }]);
  });
});

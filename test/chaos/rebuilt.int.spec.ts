import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withClient } from '../../libs/platform/src/testing/test-server.js';
import { gapSeen, goodStart, initEnds, initRuns, Ledger, namespaceSeen, newPod } from '#testing/projections';
import { judgeRebuilt } from './rebuilt.js';

/** Those that the ledger projects with. */
const limits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 3 };

let ledger: Ledger;
beforeEach(async () => {
  ledger = await Ledger.open();
  await ledger.append([namespaceSeen(0), newPod(1, 10), initRuns(1, 11), initEnds(1, 11, 14, 3)]);
  await ledger.append([gapSeen(15, 16), ...goodStart(2, 20, 5)]);
  await ledger.project();
});
afterEach(() => ledger.close());

const judged = () => judgeRebuilt({ adminUrl: ledger.adminUrl, urls: ledger.urls }, limits);
const change = (statement: string): Promise<unknown> =>
  withClient(ledger.adminUrl, (client) => client.query(statement));

describe('read models', () => {
  it('are true that are rebuilt to the same rows', async () => {
    const { untruths, compared } = await judged();

    expect(untruths).toEqual([]);
    expect(compared['rows']).toBeGreaterThan(20);
  });

  it.each([
    {
      what: 'hold a row that was changed',
      statement: `UPDATE init_attempt SET exit_code = 0 WHERE exit_code = 3`,
      says: [
        /^init_attempt: kept, and not rebuilt: .*"exit_code": 0/,
        /^init_attempt: rebuilt, and not kept: .*"exit_code": 3/,
      ],
    },
    {
      what: 'lack a row',
      statement: 'DELETE FROM gap',
      says: [/^gap: rebuilt, and not kept/],
    },
    {
      what: 'hold a row that nothing says',
      statement: `INSERT INTO happening SELECT (jsonb_populate_record(happening, '{"ordinal": 99}')).* FROM happening LIMIT 1`,
      says: [/^happening: kept, and not rebuilt/],
    },
    {
      what: 'count something twice',
      statement: 'UPDATE day_stats SET failed = failed + 1',
      says: [/^day_stats: kept, and not rebuilt/, /^day_stats: rebuilt, and not kept/],
    },
    {
      what: 'hold an alert that no act tells of',
      statement: `INSERT INTO alert (shard_id, alert_id, cluster, episode, name, state, namespace, workload_kind, workload_name, category,
          starts_at, fired_position, pods, standing, threshold_seconds, threshold_basis, evidence)
        SELECT shard_id, gen_random_uuid(), 'test', 1, 'InitStuck', 'firing', 'shop', 'Pod', 'web', 'unknown', now(), 1, '[]', '[]', 1, '', '[]'
        FROM shard`,
      says: [/^alert: kept, and not rebuilt/],
    },
    {
      what: 'have a pod parked',
      statement: `INSERT INTO quarantine (shard_id, name, stream_id, position, recorded_at, error)
        SELECT shard_id, name, gen_random_uuid(), 1, now(), 'it was not readable' FROM projection_bookmark`,
      says: [/^quarantine: kept, and not rebuilt/, /^quarantine: parked: .*it was not readable/],
    },
    {
      what: 'stand behind what was read',
      statement: 'UPDATE projection_bookmark SET live_from = 1',
      says: [/^projection_bookmark: kept, and not rebuilt/],
    },
  ])('are found out that $what', async ({ statement, says }) => {
    await change(statement);

    const { untruths } = await judged();

    for (const each of says) expect(untruths).toContainEqual(expect.stringMatching(each));
  });
});

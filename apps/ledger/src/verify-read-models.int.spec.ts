import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withClient } from '#testing/platform';
import { goodStart, Ledger, uid } from '#testing/projections';
import { readArgs } from './args.js';
import { run } from './commands.js';

let ledger: Ledger;
beforeAll(async () => {
  ledger = await Ledger.open();
  await ledger.append(goodStart(1, 10, 7));
  await ledger.project();
});
afterAll(() => ledger.close());

async function verify(...more: readonly string[]): Promise<Readonly<{ code: number; told: string }>> {
  const asked = readArgs(['verify', '--read-models', '--database-url', ledger.adminUrl, ...more], {});
  if (!asked) throw new Error('help was asked for');
  let told = '';
  const code = await run(asked, async (text) => void (told += text));
  return { code, told };
}

describe('verify --read-models', () => {
  it('says that all agrees, and what does not, by table, row and column', async () => {
    const whole = await verify();
    await withClient(ledger.adminUrl, (client) =>
      client.query(`UPDATE init_attempt SET exit_code = 1 WHERE exit_code = 0`),
    );
    const changed = await verify();
    const json = await verify('--json');

    expect(whole).toEqual({
      code: 0,
      told: expect.stringMatching(
        /^agrees +observations .*\nagrees +read models of shard 1: \d+ rows, derived anew up to position \d+\n$/u,
      ),
    });
    expect(changed.code).toBe(1);
    expect(changed.told).toMatch(/^DISAGREES {2}read models of shard 1: /mu);
    expect(changed.told).toMatch(
      new RegExp(
        `^ +init_attempt, shard_id 1, pod_uid ${uid(1)}, container migrate, .*: exit_code is not what the log comes to$`,
        'mu',
      ),
    );
    expect(JSON.parse(json.told.trim().split('\n').at(-1) ?? '')).toMatchObject({
      differing: [{ table: 'init_attempt', what: 'other', columns: ['exit_code'] }],
    });
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActWriters, Retention } from '#libs/event-store';
import { RULES } from '#libs/init-history';
import { silentLogger } from '#libs/platform';
import { withClient } from '#testing/platform';
import { podInitsName } from '../pod-inits/pod-inits.projection.js';
import { goodStart, Ledger, newPod } from '../testing/index.js';
import { Freezer } from './freezer.js';

const fromSource = new URL('../../../../test/support/from-source.mjs', import.meta.url);
const freezerProcess = new URL('../testing/freezer-process.ts', import.meta.url);
const WEEK = 7 * 86_400;
/** More than two looks at the database take. */
const PODS = 450;
/** A busy machine is no failure. */
const patience = { timeout: 60_000, interval: 20 };

let killed: Ledger;
let whole: Ledger;
beforeEach(async () => {
  killed = await due();
  whole = await due();
});
afterEach(async () => {
  await killed.close();
  await whole.close();
});

/** A log of which a week waits for nothing but that it is frozen. */
async function due(): Promise<Ledger> {
  const ledger = await Ledger.open();
  await ledger.append(Array.from({ length: PODS }, (_, nth) => goodStart(nth + 1, nth, 5)).flat(), 50);
  await ledger.append([newPod(900, 2 * WEEK)]);
  await ledger.project();
  await ledger.recorderPool.query('INSERT INTO restated (shard_id, up_to) SELECT shard_id, size FROM shard_head');
  const acts = new ActWriters({ pool: ledger.pool });
  const now = () => Date.parse('2026-12-20T00:00:00Z');
  await new Retention({ pool: ledger.pool, acts, logger: silentLogger, days: 15, now }).look();
  await acts.close();
  return ledger;
}

async function look(ledger: Ledger): Promise<void> {
  const acts = new ActWriters({ pool: ledger.pool });
  await new Freezer({ pool: ledger.pool, by: { name: podInitsName, rules: RULES }, acts, logger: silentLogger }).look();
  await acts.close();
}

/** All that freezing leaves but when it did. */
async function left(ledger: Ledger) {
  return {
    ...(await ledger.readModels()),
    frozen_span: await ledger.rows(
      `SELECT from_position, to_position, name, rules, done_to, is_passed, frozen_at IS NOT NULL AS frozen FROM frozen_span ORDER BY to_position`,
    ),
    acts: await ledger.rows(
      `SELECT (body::jsonb - 'at' - 'frozenAt')::text AS act FROM act_event WHERE type = 'RowsFrozen' ORDER BY position`,
    ),
  };
}

describe('a projector that is killed while it freezes', { timeout: 240_000 }, () => {
  it('leaves to the next one what it had not frozen, and nothing tells of it', async () => {
    await withClient(killed.adminUrl, async (owner) => {
      // The second part waits before it is written for good.
      await owner.query(`
        SELECT pg_advisory_lock(77);
        CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NEW; END';
        CREATE TRIGGER wait_for_test BEFORE UPDATE ON frozen_span FOR EACH ROW WHEN (OLD.done_to IS NOT NULL)
          EXECUTE FUNCTION wait_for_test()`);
      const child = spawn(
        process.execPath,
        ['--import', fromSource.href, fileURLToPath(freezerProcess), JSON.stringify(killed.urls)],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      );
      const exit = once(child, 'exit');
      await vi.waitFor(async () => {
        const waiting = await owner.query(
          `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted`,
        );
        expect(waiting.rowCount).toBe(1);
      }, patience);
      child.kill('SIGKILL');
      await exit;
      await owner.query('SELECT pg_advisory_unlock(77); DROP TRIGGER wait_for_test ON frozen_span');
    });
    const seeds = await killed.rows('SELECT FROM pod_seed');
    const [span] = await killed.rows('SELECT done_to IS NOT NULL AS begun, frozen_at FROM frozen_span');

    await vi.waitFor(async () => {
      await look(killed);
      expect(await killed.rows('SELECT FROM frozen_span WHERE told_by IS NOT NULL')).toHaveLength(1);
    }, patience);
    await look(whole);

    expect([span, seeds.length]).toEqual([{ begun: true, frozen_at: null }, 200]);
    const frozen = await left(killed);
    expect(frozen).toEqual(await left(whole));
    expect([frozen.acts.length, (await killed.rows('SELECT FROM pod_seed')).length]).toEqual([1, PODS]);
  });
});

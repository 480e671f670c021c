import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RULES } from '#libs/init-history';
import { recordings } from '../../../../test/recordings/reader.js';
import { Ledger, seenIn } from '../testing/index.js';

const fromSource = new URL('../../../../test/support/from-source.mjs', import.meta.url);
const keeperProcess = new URL('../testing/keeper-process.ts', import.meta.url);

/** The same moments in every run. */
function seeded(state: number): () => number {
  let now = state;
  return () => {
    now = (Math.imul(now, 1103515245) + 12345) & 0x7fffffff;
    return (now >> 8) / (0x7fffffff >> 8);
  };
}

describe('a projector that is killed while its rules take over', { timeout: 480_000 }, () => {
  it.each([
    ['leaves one whole set of read models in force, and the next one goes on', 0],
    ['leaves it whole also where what half of it was told from is gone', 0.5],
  ])('%s', async (_, gone) => {
    const ledger = await Ledger.open();
    try {
      const seen = recordings()
        .filter(({ kubelet }) => kubelet === '1.33')
        .slice(0, 15)
        .flatMap(seenIn);
      await ledger.append(seen, 50);
      await ledger.project();
      if (gone > 0) {
        const horizon = Math.round(seen.length * gone);
        await ledger.freeze(horizon);
        await ledger.drop(horizon);
      }
      const kept = await ledger.readModels();
      const random = seeded(20_261_125);
      const begunAt: number[] = [];

      for (let round = 0; (await rulesInForce(ledger)) !== '99'; round += 1) {
        if (round > 60) throw new Error('no keeper lived long enough to take over');
        const { exitOf, kill } = await keeping(ledger);
        await sleep(random() * (200 + round * 40));
        kill();
        await exitOf;
        begunAt.push(await positionOfNext(ledger));
        expect(await ledger.readModels(), `after the kill of round ${round}`).toEqual(kept);
      }

      expect(begunAt.length).toBeGreaterThan(3);
      const grown = begunAt.filter((position) => position >= 0);
      expect(grown).toEqual(grown.toSorted((a, b) => a - b));
      expect(new Set(grown).size).toBeGreaterThan(1);
      expect(grown.filter((position) => position < seen.length * gone - 1)).toEqual([]);
      expect(await rulesInForce(ledger)).toBe('99');
      expect(RULES).not.toBe('99');
    } finally {
      await ledger.close();
    }
  });
});

/** A keeper of rules 99 in a process of its own, which has begun to keep. */
async function keeping(ledger: Ledger) {
  const told = JSON.stringify({ urls: ledger.urls, rules: '99' });
  const child = spawn(process.execPath, ['--import', fromSource.href, fileURLToPath(keeperProcess), told], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exitOf = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), exitOf]);
  return { exitOf, kill: () => child.kill('SIGKILL') };
}

async function rulesInForce(ledger: Ledger): Promise<string> {
  const rows = await ledger.rows<{ rules: string }>('SELECT DISTINCT rules FROM projection_bookmark');
  return rows.map(({ rules }) => rules).join();
}

/** How far the read models that are being built have come: -1 before the first event, and where there are none. */
async function positionOfNext(ledger: Ledger): Promise<number> {
  const [made] = await ledger.rows<{ there: boolean }>(
    "SELECT to_regclass('public_next.projection_bookmark') IS NOT NULL AS there",
  );
  if (made?.there !== true) return -1;
  const [row] = await ledger.rows<{ position: number }>('SELECT position FROM public_next.projection_bookmark');
  return row?.position ?? -1;
}

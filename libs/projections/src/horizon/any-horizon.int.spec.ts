/** What retention drops changes nothing of what is told: wherever the horizon lies, whatever was recorded. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anyLog, Ledger } from '../testing/index.js';

/** Where in a log something lies, as a part of its length. */
const anywhere = fc.double({ min: 0.02, max: 0.98, noNaN: true });

const rowsOf = async (ledger: Ledger) => {
  const { frozen_span: _spans, pod_seed: _seeds, ...told } = await ledger.readModels();
  return told;
};

describe('wherever the horizon lies', { timeout: 480_000 }, () => {
  let ledger: Ledger;
  let whole: Ledger;

  beforeEach(async () => {
    ledger = await Ledger.open();
    whole = await Ledger.open();
  });

  afterEach(async () => {
    await ledger.close();
    await whole.close();
  });

  const again = async (): Promise<void> => {
    await ledger.close();
    await whole.close();
    ledger = await Ledger.open();
    whole = await Ledger.open();
  };

  it('read models that are built anew after the drop are those that were kept, also after the next', async () => {
    await fc.assert(
      fc
        .asyncProperty(anyLog, anywhere, anywhere, async (log, one, other) => {
          const [first = 1, second = 2] = [one, other]
            .toSorted((a, b) => a - b)
            .map((part) => Math.ceil(part * log.length));
          await ledger.append(log);
          await ledger.project();
          const told = await rowsOf(ledger);

          await ledger.freeze(first);
          await ledger.drop(first);
          await ledger.takeOver({ rules: '99' });
          expect(await rowsOf(ledger)).toEqual(told);

          await ledger.freeze(second, { rules: '99' });
          await ledger.drop(second);
          await ledger.takeOver({ rules: '100' });
          expect(await rowsOf(ledger)).toEqual(told);
          expect(ledger.failures).toEqual([]);
        })
        .afterEach(again),
      { numRuns: 8 },
    );
  });

  it('what comes after two of them is told as if nothing had been dropped, by a follower that remembers nothing', async () => {
    await fc.assert(
      fc
        .asyncProperty(anyLog, anywhere, anywhere, anywhere, async (log, one, other, then) => {
          const [first = 1, second = 2, read = 3] = [one, other, then]
            .toSorted((a, b) => a - b)
            .map((part) => Math.ceil(part * log.length));
          await whole.append(log);
          await whole.project();
          await ledger.append(log.slice(0, read));
          await ledger.project();

          await ledger.freeze(first);
          await ledger.freeze(second);
          await ledger.drop(first);
          for (let from = read; from < log.length; from += 4) {
            await ledger.append(log.slice(from, from + 4));
            await ledger.project();
            if (from === read) await ledger.drop(second);
          }

          expect(await rowsOf(ledger)).toEqual(await rowsOf(whole));
          expect(ledger.failures).toEqual([]);
        })
        .afterEach(again),
      { numRuns: 12 },
    );
  });
});

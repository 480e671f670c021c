/** The law of the fold, through the projection: wherever a follower begins anew, the read models are the same. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cell } from '../following/projection.js';
import { GATHER_MS } from '../following/shard-follower.js';
import { anyLog, Ledger } from '../testing/index.js';

describe('wherever a follower begins anew', { timeout: 240_000 }, () => {
  let ledger: Ledger;

  beforeEach(async () => {
    ledger = await Ledger.open();
  });

  afterEach(() => ledger.close());

  it('the read models are those that are built from the beginning in one go', async () => {
    await fc.assert(
      fc
        .asyncProperty(anyLog, fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 5 }), async (log, cuts) => {
          const ends = [...new Set([...cuts.filter((cut) => cut < log.length), log.length])].toSorted((a, b) => a - b);
          let from = 0;
          for (const end of ends) {
            await ledger.append(log.slice(from, end));
            await ledger.project();
            from = end;
          }
          const cut = await ledger.readModels();
          await ledger.takeOver({ rules: '99' });
          expect(await ledger.readModels()).toEqual(cut);
          expect(ledger.failures).toEqual([]);
        })
        .afterEach(async () => {
          await ledger.close();
          ledger = await Ledger.open();
        }),
      { numRuns: 8 },
    );
  });

  it('and where each few events are folded while those before them are written', async () => {
    await fc.assert(
      fc
        .asyncProperty(anyLog, fc.integer({ min: 1, max: 4 }), async (log, size) => {
          const projection = ledger.projection();
          const inSmallBatches = {
            ...projection,
            open: async (place: Parameters<typeof projection.open>[0]): Promise<Cell> => {
              const cell = await projection.open(place);
              return {
                isAlone: (each) => cell.isAlone(each),
                leaveOut: (each, error) => cell.leaveOut(each, error),
                fold: (page) => cell.fold(page.slice(0, size)),
              };
            },
          };
          await ledger.append(log);
          await ledger.project(ledger.follower(inSmallBatches));
          const kept = await ledger.readModels();
          await ledger.takeOver({ rules: '99' });
          expect(await ledger.readModels()).toEqual(kept);
          expect(ledger.failures).toEqual([]);
        })
        .afterEach(async () => {
          await ledger.close();
          ledger = await Ledger.open();
        }),
      { numRuns: 5 },
    );
  });

  it('and where batches grow by what comes while those before them are written', async () => {
    let grown = 0;
    await fc.assert(
      fc
        .asyncProperty(anyLog, fc.integer({ min: 1, max: 4 }), async (log, size) => {
          const projection = ledger.projection();
          const coming = Array.from({ length: Math.ceil(log.length / size) }, (_, nth) =>
            log.slice(nth * size, (nth + 1) * size),
          );
          const more = async (times: number) => {
            for (const events of coming.splice(0, times)) {
              await ledger.append(events);
              await sleep(2 * GATHER_MS);
            }
          };
          const open: typeof projection.open = async (place) => {
            const cell = await projection.open(place);
            return {
              isAlone: (each) => cell.isAlone(each),
              leaveOut: (each, error) => cell.leaveOut(each, error),
              fold: async (page) => {
                const batch = await cell.fold(page);
                return {
                  ...batch,
                  more: (next) => ((grown += 1), batch.more(next)),
                  write: (db) => more(3).then(() => batch.write(db)),
                };
              },
            };
          };
          await more(1);
          await ledger.project(ledger.follower({ ...projection, open }));
          expect(coming).toEqual([]);
          const kept = await ledger.readModels();
          await ledger.takeOver({ rules: '99' });
          expect(await ledger.readModels()).toEqual(kept);
          expect(ledger.failures).toEqual([]);
        })
        .afterEach(async () => {
          await ledger.close();
          ledger = await Ledger.open();
        }),
      { numRuns: 5 },
    );
    expect(grown).toBeGreaterThan(0);
  });
});

import { noteDerived, pendingErasures } from '#libs/event-store';
import type { StuckLimits } from '#libs/init-history';
import type { Pool } from '#libs/platform';
import { inTransaction } from '../following/transaction.js';
import { deriveAgain } from './derive-again.js';

/** What finishing came to. */
export type Finished = Readonly<{
  /** Erasures after which all was derived again. */
  count: number;
  /** Why others could not be carried out. */
  refusals: readonly Error[];
}>;

/**
 * Derives again what rests on erased observations, each erasure in one transaction: whoever is killed leaves it to the next one who asks, and
 * two that ask at a time do it once.
 *
 * @param limits for pods that stand where they did not stand before
 */
export async function finishErasures(pool: Pool, limits: StuckLimits): Promise<Finished> {
  const { erasures, refusals } = await pendingErasures(pool, 'readModels');
  let count = 0;
  for (const erasure of erasures) {
    await inTransaction(pool, async (db) => {
      if (!(await noteDerived(db, erasure, 'readModels'))) return;
      await deriveAgain(db, erasure, limits);
      await db.query('SELECT sample_anew()');
      count += 1;
    });
  }
  return { count, refusals };
}

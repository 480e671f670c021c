/** What a projector does about the read models that it finds. Pure. */
import { isLater, isSameReading } from './rules-order.js';
import type { Reading } from './rules-order.js';

/**
 * Which read models a projector may take over: `newer` those of older rules, once the two were compared; `again` also its own, which it
 * builds anew from the first event; `always` also those of newer rules, and whatever the comparison says; `never` none.
 */
export const takeOvers = ['newer', 'again', 'always', 'never'] as const;
export type TakeOver = (typeof takeOvers)[number];

/**
 * What is to be done: `follow` the read models in force, for they are ours; `rebuild` them beside themselves, which are followed meanwhile;
 * `build` ours beside those of others; or `standAside`, for whoever keeps them or builds the next ones knows better.
 */
export type Decision =
  | Readonly<{ what: 'follow' | 'rebuild' | 'build' }>
  | Readonly<{ what: 'standAside'; for: Reading; because: 'newer' | 'told' }>;

/** @param found what keeps the read models in force (nothing: nobody has begun), and what builds the next ones */
export function decide(
  ours: Reading,
  found: Readonly<{ inForce: readonly Reading[]; next: readonly Reading[] }>,
  takeOver: TakeOver,
): Decision {
  const others = found.inForce.filter((reading) => !isSameReading(reading, ours));
  const [other] = others;
  const nextIsNewer = found.next.some((reading) => isLater(reading, ours));
  if (!other) {
    return { what: takeOver === 'again' && found.inForce.length > 0 && !nextIsNewer ? 'rebuild' : 'follow' };
  }
  if (takeOver === 'never') return { what: 'standAside', for: other, because: 'told' };
  const newer = [...others, ...found.next].find((reading) => isLater(reading, ours));
  if (newer && takeOver !== 'always') return { what: 'standAside', for: newer, because: 'newer' };
  return { what: 'build' };
}

/** What a projector does about the read models that it finds. Pure. */
import { isLater, isSameReading } from './rules-order.js';
import type { Reading } from './rules-order.js';

/**
 * Which read models a projector may take over: `newer` those of older rules, once the two were compared; `always` also those of newer
 * rules, and whatever the comparison says; `never` none.
 */
export const takeOvers = ['newer', 'always', 'never'] as const;
export type TakeOver = (typeof takeOvers)[number];

/**
 * What is to be done: `follow` the read models in force, for they are ours; `build` ours beside them; or `standAside`, for whoever keeps
 * them or builds the next ones knows better.
 */
export type Decision =
  Readonly<{ what: 'follow' | 'build' }> | Readonly<{ what: 'standAside'; for: Reading; because: 'newer' | 'told' }>;

/** @param found what keeps the read models in force (nothing: nobody has begun), and what builds the next ones */
export function decide(
  ours: Reading,
  found: Readonly<{ inForce: readonly Reading[]; next: readonly Reading[] }>,
  takeOver: TakeOver,
): Decision {
  const others = found.inForce.filter((reading) => !isSameReading(reading, ours));
  const [other] = others;
  if (!other) return { what: 'follow' };
  if (takeOver === 'never') return { what: 'standAside', for: other, because: 'told' };
  const newer = [...others, ...found.next].find((reading) => isLater(reading, ours));
  if (newer && takeOver === 'newer') return { what: 'standAside', for: newer, because: 'newer' };
  return { what: 'build' };
}

import { AuditError } from '#libs/platform';
import { cursorOf, cursorToken, type Cursor, type Place } from '../asking/cursor.js';
import type { Page } from '../shapes/common.js';

/** A row with its place in the order of the list. */
type Placed = Readonly<{ after: Cursor['after'] }>;

/**
 * The cursor a caller gave, if any.
 *
 * @throws AuditError `cursor-invalid` where it is none of ours, or of another question
 */
export function pinnedBy(token: string | undefined, asked: string): Cursor | undefined {
  if (token === undefined) return undefined;
  const cursor = cursorOf(token);
  if (!cursor) throw refused('is not a cursor of this service');
  if (cursor.asked !== asked)
    throw refused('belongs to another question: keep every other parameter as it was, or leave the cursor out');
  return cursor;
}

/** The rows of one page out of one row more than fit, and the way to the next. */
export function pageOf<Row extends Placed>(
  rows: readonly Row[],
  limit: number,
  asked: string,
  place: Place,
): Paged<Row> {
  const kept = rows.slice(0, limit);
  const hasMore = rows.length > limit && kept.length > 0;
  const cursorAt = (index: number): string => cursorToken({ after: kept[index]?.after ?? [], asked, place });
  return { rows: kept, cursorAt, page: { hasMore, nextCursor: hasMore ? cursorAt(kept.length - 1) : null } };
}

/** The rows of a page, the way to the next, and the cursor behind any of its rows. */
export type Paged<Row> = Readonly<{ rows: readonly Row[]; page: Page; cursorAt: (index: number) => string }>;

/** The page of a list that is told whole. */
export const onlyPage: Page = { nextCursor: null, hasMore: false };

const refused = (detail: string): AuditError =>
  new AuditError('cursor-invalid', `cursor ${detail}`, { details: { errors: [{ parameter: 'cursor', detail }] } });

/** A page of a list that is reckoned whole each time: the same as of one place, so a count says where a page ended. */
export function pageOfAll<Item>(
  all: readonly Item[],
  asked: Readonly<{ limit: number; hash: string; cursor: Cursor | undefined; place: Place }>,
): Readonly<{ items: readonly Item[]; page: Page; cursorAt: (index: number) => string }> {
  const told = asked.cursor?.after[0] ?? 0;
  if (typeof told !== 'number' || !Number.isInteger(told) || told < 0) throw refused('is not a cursor of this list');
  const placed = all.slice(told, told + asked.limit + 1).map((item, index) => ({ item, after: [told + index + 1] }));
  const { rows, page, cursorAt } = pageOf(placed, asked.limit, asked.hash, asked.place);
  return { items: rows.map(({ item }) => item), page, cursorAt };
}

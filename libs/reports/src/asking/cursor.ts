import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A place in every shard and a time: what an answer was read as of. The opaque `meta.position` is this, encoded. */
export type Place = Readonly<{
  /** Of each shard, the last position that counts; -1 where nothing does yet. */
  positions: Readonly<Record<string, number>>;
  /** The time of the answer: up to where running durations run. Epoch milliseconds. */
  asOf: number;
}>;

const PlaceShape = z.strictObject({
  p: z.record(z.string().regex(/^\d{1,9}$/), z.int().min(-1)),
  t: z.int().min(0).max(8_640_000_000_000_000),
});

const CursorShape = z.strictObject({
  k: z.array(z.union([z.string(), z.number(), z.null()])),
  f: z.string(),
  p: PlaceShape,
});

/** Where a page ended: the sort values of its last row, what was asked, and the place all its pages are read as of. */
export type Cursor = Readonly<{ after: readonly (string | number | null)[]; asked: string; place: Place }>;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function decode<T>(schema: z.ZodType<T>, token: string): T | undefined {
  if (!/^[A-Za-z0-9_-]{1,16384}$/.test(token)) return undefined;
  try {
    return schema.safeParse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** The token of a place. The same place gives the same token. */
export const placeToken = (place: Place): string =>
  encode({
    p: Object.fromEntries(Object.entries(place.positions).toSorted(([a], [b]) => Number(a) - Number(b))),
    t: place.asOf,
  });

/** The place of a token, or undefined where it is none of ours. */
export function placeOf(token: string): Place | undefined {
  const read = decode(PlaceShape, token);
  return read && { positions: read.p, asOf: read.t };
}

export const cursorToken = (cursor: Cursor): string =>
  encode({ k: cursor.after, f: cursor.asked, p: { p: cursor.place.positions, t: cursor.place.asOf } });

/** The cursor of a token, or undefined where it is none of ours. */
export function cursorOf(token: string): Cursor | undefined {
  const read = decode(CursorShape, token);
  return read && { after: read.k, asked: read.f, place: { positions: read.p.p, asOf: read.p.t } };
}

/** What is asked, whatever the page: the same for every page of one list, another as soon as a filter changes. */
export function askedHash(list: string, filter: Readonly<Record<string, unknown>>): string {
  const { cursor: _cursor, limit: _limit, minPosition: _minPosition, ...asked } = filter;
  const entries = Object.entries(asked)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([list, entries]))
    .digest('base64url')
    .slice(0, 16);
}

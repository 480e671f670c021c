import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A place in every shard and a time: what an answer was read as of. The opaque `meta.position` is this, encoded. */
export type Place = Readonly<{
  /** Of each shard, the last position that counts; -1 where nothing does yet. */
  positions: Readonly<Record<string, number>>;
  /** The time of the answer: up to where running durations run of what is live. Epoch milliseconds. */
  asOf: number;
  /** Of each recording, what time it is in it: up to where its running durations run. Epoch milliseconds. */
  recorded?: Readonly<Record<string, number>> | undefined;
}>;

const ShardKey = z.string().regex(/^\d{1,9}$/);
const Moment = z.int().min(0).max(8_640_000_000_000_000);
const PlaceShape = z.strictObject({
  p: z.record(ShardKey, z.int().min(-1)),
  t: Moment,
  r: z.record(ShardKey, Moment).optional(),
});
type PlaceShape = z.infer<typeof PlaceShape>;

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

const byShard = (each: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => Number(a) - Number(b)));

const shapeOf = ({ positions, asOf, recorded }: Place): PlaceShape => ({
  p: byShard(positions),
  t: asOf,
  ...(recorded && { r: byShard(recorded) }),
});

const placeIn = ({ p, t, r }: PlaceShape): Place => ({ positions: p, asOf: t, ...(r && { recorded: r }) });

/** The token of a place. The same place gives the same token. */
export const placeToken = (place: Place): string => encode(shapeOf(place));

/** The place of a token, or undefined where it is none of ours. */
export function placeOf(token: string): Place | undefined {
  const read = decode(PlaceShape, token);
  return read && placeIn(read);
}

export const cursorToken = (cursor: Cursor): string =>
  encode({ k: cursor.after, f: cursor.asked, p: shapeOf(cursor.place) });

/** The cursor of a token, or undefined where it is none of ours. */
export function cursorOf(token: string): Cursor | undefined {
  const read = decode(CursorShape, token);
  return read && { after: read.k, asked: read.f, place: placeIn(read.p) };
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

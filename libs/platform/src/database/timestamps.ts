import { types, type CustomTypesConfig } from 'pg';

const POSTGRES_TIMESTAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/u;

/**
 * RFC 3339 in UTC with all six digits, from PostgreSQL's text in a session of time zone UTC. A `Date` would cut the
 * microseconds, and with them the hash of every event.
 */
export function toTimestamp(text: string): string {
  const [, day, time, fraction = ''] = POSTGRES_TIMESTAMP.exec(text) ?? [];
  if (day === undefined) throw new RangeError(`not a timestamp of a session in UTC: ${text}`);
  return `${day}T${time}.${fraction.padEnd(6, '0')}Z`;
}

/** A bigint of ours: positions and counts, all far below 2^53. */
function toSafeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a number that JavaScript holds exactly: ${text}`);
  return value;
}

/** The numbers by which PostgreSQL names the two types that we read in our own way. */
const INT8 = 20;
const TIMESTAMPTZ = 1184;

/** How rows of our pools are read: bigint as number, timestamptz as RFC 3339 text. Per client; pg's global parsers stay as they are. */
export const rowTypes: CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown => {
    if (oid === INT8) return toSafeNumber;
    if (oid === TIMESTAMPTZ) return toTimestamp;
    return (types.getTypeParser as (oid: number, format?: string) => unknown)(oid, format);
  },
};

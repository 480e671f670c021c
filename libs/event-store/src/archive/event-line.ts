import { bodyDigest } from '../leaf.js';
import { entryOf, type LogRow } from '../ledger/log-rows.js';
import { invalid } from './header.js';

/**
 * An event as an archive has it: the three members that the `extra` of a `.tlog-proof` has. `entry` is what its leaf is the hash of; salt,
 * hex, and body are what the entry holds the digest of; both are missing where they were erased.
 */
type EventLine = Readonly<{ entry: string; salt?: string; body?: string }>;

type Entry = Readonly<{ i: number; s: string; e: string; t: string; sv: number; r: string; h: string }>;

/** A row of a log as a line of an archive. */
export function lineOf(row: LogRow): string {
  const entry = entryOf(row);
  const said = row.body === null ? {} : { salt: row.salt?.toString('hex') ?? '', body: row.body };
  return `${JSON.stringify({ entry, ...said } satisfies EventLine)}\n`;
}

/**
 * The row that a line was made of, and its entry. What could be read in two ways is refused: a line is written in one.
 *
 * @throws AuditError `archive-invalid`
 */
export function rowOf(line: string, position: number): Readonly<{ row: LogRow; entry: string }> {
  const where = `event ${position}`;
  const { entry, salt, body, ...more } = parsed(line, where) as Partial<EventLine>;
  if (typeof entry !== 'string' || Object.keys(more).length > 0) throw invalid(`${where} is no event`);
  const { i, s, e, t, sv, r, h } = parsed(entry, where) as Entry;
  const row: LogRow = {
    position: i,
    recorded_at: r,
    stream_id: s,
    event_id: e,
    type: t,
    schema_ver: sv,
    salt: body === undefined ? null : Buffer.from(salt ?? '', 'hex'),
    body: body ?? null,
    body_digest: body === undefined ? Buffer.from(h, 'hex') : null,
  };
  if (i !== position) throw invalid(`where event ${position} should be is event ${i}`);
  if (lineOf(row) === `${line}\n`) return { row, entry };
  const isSaid = body === undefined || bodyDigest(row.salt ?? Buffer.alloc(0), body) === h;
  throw invalid(
    isSaid ? `${where} is not written as events are` : `body or salt of ${where} are not those of its entry`,
  );
}

function parsed(text: string, where: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw invalid(`${where} is no JSON`, cause);
  }
  throw invalid(`${where} is no event`);
}

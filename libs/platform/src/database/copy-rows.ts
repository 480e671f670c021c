import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** A value of which the JSON is made already. */
export class MadeJson {
  constructor(readonly text: string) {}
}

/** A row by the names of its columns. Objects are JSON; an array is a text[], unless its column is named as JSON. */
export type CopiedRow = Readonly<Record<string, unknown>>;

/**
 * Adds rows to a table by COPY, which costs PostgreSQL a third of what an INSERT of the same rows does. All rows have the columns of the first.
 *
 * @param json columns that hold JSON, whatever the value is
 */
export async function copyRows(
  client: Pick<PoolClient, 'query'>,
  table: string,
  rows: readonly CopiedRow[],
  json: ReadonlySet<string>,
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first);
  const isJson = columns.map((column) => json.has(column));
  const lineOf = (row: CopiedRow): string =>
    `${columns.map((column, nth) => field(row[column], isJson[nth] === true)).join('\t')}\n`;
  await pipeline(
    Readable.from([Buffer.from(rows.map(lineOf).join(''))]),
    client.query(copyFrom(`COPY ${table} (${columns.join(', ')}) FROM STDIN`)),
  );
}

function field(value: unknown, isJson: boolean): string {
  if (value === null || value === undefined) return '\\N';
  if (value instanceof MadeJson) return copyJson(value.text);
  if (isJson) return copyJson(JSON.stringify(value));
  if (typeof value === 'string') return copyText(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? copyText(`{${value.map(element).join(',')}}`) : copyJson(JSON.stringify(value));
}

const element = (value: unknown): string => `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`;

/** In JSON all that COPY takes for something else is escaped already, but for what it is escaped with. */
const copyJson = (json: string): string => (json.includes('\\') ? json.replaceAll('\\', '\\\\') : json);

const SPECIAL = /[\\\t\n\r\b\f\v]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};

const SPECIALS = Object.keys(ESCAPES);

/** A value as the text format of COPY has it. Most have nothing to escape, and to look for characters one by one is quickest. */
export function copyText(value: string): string {
  if (!SPECIALS.some((character) => value.includes(character))) return value;
  return value.replaceAll(SPECIAL, (character) => ESCAPES[character] ?? character);
}

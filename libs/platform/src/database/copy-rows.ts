import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

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
  const lines = rows.map((row) => columns.map((column) => field(row[column], json.has(column))).join('\t') + '\n');
  await pipeline(
    Readable.from([Buffer.from(lines.join(''))]),
    client.query(copyFrom(`COPY ${table} (${columns.join(', ')}) FROM STDIN`)),
  );
}

function field(value: unknown, isJson: boolean): string {
  if (value === null || value === undefined) return '\\N';
  if (isJson) return copyText(JSON.stringify(value));
  if (typeof value === 'string') return copyText(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return copyText(Array.isArray(value) ? `{${value.map(element).join(',')}}` : JSON.stringify(value));
}

const element = (value: unknown): string => `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`;

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

/** Whether what `verify` tells names a row of a table. */
import type { Row } from './judged.js';

const WIDTH = 256;
const isLog = (table: string): boolean => table === 'event' || table === 'act_event';
const isTile = (table: string): boolean => table === 'merkle_tile' || table === 'act_merkle_tile';
const isCheckpoint = (table: string): boolean => table === 'checkpoint' || table === 'act_checkpoint';

/** @param rows any of these rows is enough: what was moved is named where it was, or where it is */
export function isLocated(told: string, table: string, rows: readonly Row[]): boolean {
  const lines = told.split('\n');
  // What is noted of a row is told of by that row, or as a note of none.
  if (table === 'row_seal')
    return rows.some(
      ({ name, key }) =>
        isLocated(told, String(name), [(key ?? {}) as Row]) ||
        lines.some(
          (line) => line.includes('row_seal, ') && line.includes(`name ${String(name)}, key ${JSON.stringify(key)}`),
        ),
    );
  // What is wrong with a log stands under its name, by position.
  if (isLog(table) && lines.some((line) => line.startsWith(' ') && rows.some((row) => names(line, table, row))))
    return true;
  return lines.some(
    (line) =>
      new RegExp(`\\b(${table}|${logOf(table)})\\b`, 'u').test(line) && rows.some((row) => names(line, table, row)),
  );
}

function names(line: string, table: string, row: Row): boolean {
  if (isLog(table)) return covers(line, Number(row['position']), Number(row['position']) + 1);
  if (isTile(table)) {
    const width = WIDTH ** (Number(row['level']) + 1);
    const from = Number(row['index']) * width;
    return (
      line.includes(`${table} ${String(row['level'])}/${String(row['index'])},`) || covers(line, from, from + width)
    );
  }
  if (isCheckpoint(table) && line.includes(`${table} ${String(row['size'])}`)) return true;
  // A recorder's state is one, of however many rows; of a frozen row that is gone it is known of which stream it was.
  if (table === 'recorder_state') return line.includes(`shard_id ${String(row['shard_id'])}`);
  if (/, stream [0-9a-f-]{36}, below \d+: the row is missing$/u.test(line)) return true;
  // A head is one row of a log, which the line is under.
  if (table.endsWith('_head') && new RegExp(`^ +(${table}|${logOf(table)})`, 'u').test(line)) return true;
  return Object.entries(row).every(
    ([column, value]) => line.includes(`${column} ${String(value)}`) || line.includes(`${column} ${asText(value)}`),
  );
}

/** A time as PostgreSQL writes it, where JSON writes it otherwise. */
const asText = (value: unknown): string => String(value).replace(/^(\d{4}-\d\d-\d\d)T(.*)\+00:00$/u, '$1 $2+00');

/** A head that says too much of its log is told of as events that are missing. */
const logOf = (table: string): string => ({ shard_head: 'event', act_head: 'act_event' })[table] ?? table;

/** Whether the positions of the line are within `[from, to)`, or hold it. */
function covers(line: string, from: number, to: number): boolean {
  const found = /positions? (-?\d+)(?: to (-?\d+))?/u.exec(line);
  if (!found) return false;
  const [first, last] = [Number(found[1]), Number(found[2] ?? found[1])];
  return first < to && last >= from;
}

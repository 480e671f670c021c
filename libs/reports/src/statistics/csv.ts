type Cell = string | number | boolean | null | undefined | readonly string[];

/** Spreadsheets run a cell that begins like this as a formula; what a container or a cluster's user wrote must not. */
const formula = /^[=+\-@\t\r]/;

/** One cell as RFC 4180 wants it. A number stays a number, a list is its members with semicolons between; text that a spreadsheet would run is made text by an apostrophe. */
export function toCell(value: Cell): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return toCell(value.join('; '));
  if (typeof value !== 'string') return String(value);
  const safe = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Flat rows as CSV (RFC 4180, UTF-8, with a header). `columns` gives their order. */
export const toCsv = (columns: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): string =>
  [columns.map(toCell), ...rows.map((row) => columns.map((column) => toCell(row[column] as Cell)))]
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('');

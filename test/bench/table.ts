/** One line of the table: what was measured, what design section 13 wants of it, if anything. */
export type Row = Readonly<{ what: string; measured: string; goal?: string }>;

/** Prints lines under a heading. */
export function tell(heading: string, rows: readonly Row[]): void {
  const lines = rows.map(({ what, measured, goal }) =>
    `  ${what.padEnd(58)}${measured.padStart(12)}   ${goal ?? ''}`.trimEnd(),
  );
  process.stdout.write(`\n${heading}\n${lines.join('\n')}\n`);
}

/** The middle one: a run that something else disturbed moves it least. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** What half of the values do not exceed, and what 99 of 100 do not. */
export function percentiles(values: readonly number[]): { p50: number; p99: number } {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0 };
}

/** With thousands set apart. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** Versions of rows: opens one when something served changes, closes the one before it. In memory; a batch at a time. */
import type { Contribution } from './read-model-rows.js';

/** What every versioned row has. */
export type Versioned = Readonly<{
  valid_from: number;
  valid_to: number | null;
  digest: string;
  contribution: readonly Contribution[] | null;
}>;

/** What has to be known of a version in force to tell whether the next one differs, and to take back what it counted for. */
export type InForce = Readonly<{ digest: string; contribution: readonly Contribution[] | null }>;

/** The versions of one pod's rows that are in force, by their keys. */
export type RowsInForce = Readonly<{
  inits: ReadonlyMap<string, InForce>;
  attempts: ReadonlyMap<string, InForce>;
  findings: ReadonlyMap<string, InForce>;
}>;

/** A version of an earlier batch that ends. */
export type Closure = Readonly<{ pod_uid: string; key: string; position: number }>;

/** A change of what counts, at a position. `times` 1: counts from now on; -1: is taken back. */
export type Count = Readonly<{ contribution: Contribution; times: 1 | -1; position: number }>;

/** The versions that one batch opens and closes, and what they count for. */
export class VersionLedger<Row extends Versioned> {
  readonly closures: Closure[] = [];
  readonly #opened = new Map<string, Row>();
  readonly #rows: Row[] = [];

  /** @param keep makes what is kept of a row that is opened */
  constructor(private readonly keep: (row: Row) => Row = (row) => row) {}

  /** New versions, in the order of their positions. Those that a later one of this batch replaced are closed. */
  get rows(): readonly Row[] {
    return [...this.#rows, ...this.#opened.values()];
  }

  /**
   * Moves one pod's versions to `next`, rows by key.
   *
   * @returns what is in force now, and how the statistics change
   */
  move(
    podUid: string,
    inForce: ReadonlyMap<string, InForce>,
    next: ReadonlyMap<string, Row>,
    position: number,
  ): Readonly<{ inForce: ReadonlyMap<string, InForce>; counts: readonly Count[] }> {
    const counts: Count[] = [];
    for (const [key, before] of inForce) {
      if (next.get(key)?.digest === before.digest) continue;
      this.#close(podUid, key, position);
      counts.push(...count(before.contribution, -1, position));
    }
    for (const [key, row] of next) {
      if (inForce.get(key)?.digest === row.digest) continue;
      this.#opened.set(`${podUid} ${key}`, this.keep(row));
      counts.push(...count(row.contribution, 1, position));
    }
    return { inForce: remembered(next), counts: withoutEchoes(counts) };
  }

  #close(podUid: string, key: string, position: number): void {
    const name = `${podUid} ${key}`;
    const opened = this.#opened.get(name);
    this.#opened.delete(name);
    if (opened) this.#rows.push({ ...opened, valid_to: position });
    else this.closures.push({ pod_uid: podUid, key, position });
  }
}

const remembered = (rows: ReadonlyMap<string, Versioned>): ReadonlyMap<string, InForce> =>
  new Map([...rows].map(([key, { digest, contribution }]) => [key, { digest, contribution }]));

const count = (contributions: readonly Contribution[] | null, times: 1 | -1, position: number): Count[] =>
  (contributions ?? []).map((contribution) => ({ contribution, times, position }));

/** A row that changed and counts for the same as before moves no statistics. */
function withoutEchoes(counts: readonly Count[]): readonly Count[] {
  const sums = new Map<string, { count: Count; times: number }>();
  for (const each of counts) {
    const key = JSON.stringify(each.contribution);
    const sum = sums.get(key);
    sums.set(key, { count: each, times: (sum?.times ?? 0) + each.times });
  }
  return [...sums.values()].filter(({ times }) => times !== 0).map(({ count: each }) => each);
}

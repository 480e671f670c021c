import type { Exemplar, Sample } from './exposition.js';

/** Upper bounds of the classic buckets, in seconds. */
export const bounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600] as const;

type Labels = Readonly<Record<string, string>>;
type Cell = { labels: Labels; counts: number[]; sum: number; exemplars: (Exemplar | undefined)[] };

/** A histogram by label set that can be added to and taken from. */
export class HistogramCounts {
  private readonly cells = new Map<string, Cell>();

  /** Adds `count` observations to the bucket with this index into {@link bounds} (their number is that of +Inf). */
  add(
    labels: Labels,
    bucket: number,
    added: Readonly<{ count: number; sum: number; exemplar?: Exemplar | undefined }>,
  ): void {
    const cell = this.cellOf(labels);
    cell.counts[bucket] = (cell.counts[bucket] ?? 0) + added.count;
    cell.sum += added.sum;
    if (added.exemplar) cell.exemplars[bucket] = added.exemplar;
  }

  /** Makes a label set known, so that it is told with zeros before anything is counted in it. */
  know(labels: Labels): void {
    this.cellOf(labels);
  }

  clear(): void {
    this.cells.clear();
  }

  samples(): Sample[] {
    return [...this.cells.values()].flatMap(({ labels, counts, sum, exemplars }) => {
      let seen = 0;
      const buckets = [...bounds, Infinity].map((bound, index): Sample => {
        seen += counts[index] ?? 0;
        const le = bound === Infinity ? '+Inf' : String(bound);
        return { suffix: '_bucket', labels: { ...labels, le }, value: seen, exemplar: exemplars[index] };
      });
      // Adding and taking back leaves a rest in the last place; durations are told in whole milliseconds.
      const whole = Math.round(sum * 1000) / 1000;
      return [...buckets, { suffix: '_sum', labels, value: whole }, { suffix: '_count', labels, value: seen }];
    });
  }

  private cellOf(labels: Labels): Cell {
    const key = JSON.stringify(labels);
    const kept = this.cells.get(key);
    if (kept) return kept;
    const cell = { labels, counts: [], sum: 0, exemplars: [] };
    this.cells.set(key, cell);
    return cell;
  }
}

/** A counter by label set. */
export class Counts {
  private readonly cells = new Map<string, { labels: Labels; value: number }>();

  add(labels: Labels, value: number): void {
    const key = JSON.stringify(labels);
    const cell = this.cells.get(key) ?? { labels, value: 0 };
    this.cells.set(key, { labels, value: cell.value + value });
  }

  clear(): void {
    this.cells.clear();
  }

  samples(suffix: '' | '_total'): Sample[] {
    return [...this.cells.values()].map(({ labels, value }) => ({ suffix, labels, value }));
  }
}

/** What a batch changes in `workload_stats` and `day_stats`, summed by row. Pure, in memory. */
import { bucketIndex } from '#libs/init-history';
import type { Count } from '../pod-inits/version-ledger.js';
import { countNames, noCounts, summedColumns, type Counts } from './counts.js';

/** Durations of nothing: the one bucket without an index. */
export const ZERO_BUCKET = 'zero';

/** A row to be added to the row of the same key. Counts may be negative: a correction takes back what it corrects. */
export type StatsChange = Counts & {
  readonly shard_id: number;
  readonly hour: string;
  readonly namespace: string;
  readonly namespace_uid: string;
  readonly workload_kind: string;
  readonly workload_name: string;
  readonly revision: string;
  readonly container: string;
  readonly has_init: boolean;
  duration_ms: number;
  duration_count: number;
  readonly categories: Record<string, number>;
  readonly buckets: Record<string, number>;
  last_position: number;
};

/** A row to be added to `day_stats`: of a workload, or of a namespace, which has no workload. */
export type DayChange = Omit<StatsChange, 'hour'> & { readonly day: string };

/** Sums counts by row of the statistics. */
export class StatsChanges {
  readonly #changes = new Map<string, StatsChange>();

  constructor(private readonly shardId: number) {}

  get rows(): readonly StatsChange[] {
    return [...this.#changes.values()].map(withoutNoughts);
  }

  /** The same by the day, of each workload and of each namespace as a whole. */
  get days(): readonly DayChange[] {
    const days = new Map<string, DayChange>();
    for (const { hour, ...change } of this.#changes.values()) {
      const day = `${hour.slice(0, 10)}T00:00:00Z`;
      sumUp(days, { ...change, day });
      sumUp(days, { ...change, day, workload_kind: '', workload_name: '', revision: '' });
    }
    return [...days.values()].map(withoutNoughts);
  }

  add({ contribution, times, position }: Count): void {
    const change = this.#of(contribution);
    for (const name of countNames) change[name] += times * contribution[name];
    change.last_position = position;
    if (contribution.category !== null) addCount(change.categories, contribution.category, times);
    if (contribution.durationMs === null) return;
    change.duration_ms += times * contribution.durationMs;
    change.duration_count += times;
    addCount(change.buckets, bucketOf(contribution.durationMs), times);
  }

  #of(contribution: Count['contribution']): StatsChange {
    const { hour, namespace, namespaceUid, workloadKind, workloadName, revision, container, hasInit } = contribution;
    const key = JSON.stringify([
      hour,
      namespace,
      namespaceUid,
      workloadKind,
      workloadName,
      revision,
      container,
      hasInit,
    ]);
    const known = this.#changes.get(key);
    if (known) return known;
    const change: StatsChange = {
      shard_id: this.shardId,
      hour,
      namespace,
      namespace_uid: namespaceUid,
      workload_kind: workloadKind,
      workload_name: workloadName,
      revision,
      container,
      has_init: hasInit,
      ...noCounts(),
      duration_ms: 0,
      duration_count: 0,
      categories: {},
      buckets: {},
      last_position: -1,
    };
    this.#changes.set(key, change);
    return change;
  }
}

/** The bucket of a duration, as a key of the column `buckets`. */
export function bucketOf(durationMs: number): string {
  const index = bucketIndex(durationMs / 1000);
  return index === null ? ZERO_BUCKET : String(index);
}

function sumUp(days: Map<string, DayChange>, change: DayChange): void {
  const { day, namespace, namespace_uid: uid, workload_kind: kind, workload_name: name } = change;
  const key = JSON.stringify([day, namespace, uid, kind, name, change.revision, change.container, change.has_init]);
  const known = days.get(key);
  if (!known) {
    days.set(key, { ...change, categories: { ...change.categories }, buckets: { ...change.buckets } });
    return;
  }
  for (const column of summedColumns) known[column] += change[column];
  known.last_position = Math.max(known.last_position, change.last_position);
  for (const [category, count] of Object.entries(change.categories)) addCount(known.categories, category, count);
  for (const [bucket, count] of Object.entries(change.buckets)) addCount(known.buckets, bucket, count);
}

/** What a correction took back in full is not there. */
const withoutNoughts = <Change extends Pick<StatsChange, 'categories' | 'buckets'>>(change: Change): Change => ({
  ...change,
  categories: withoutZeros(change.categories),
  buckets: withoutZeros(change.buckets),
});

function addCount(counts: Record<string, number>, key: string, times: number): void {
  counts[key] = (counts[key] ?? 0) + times;
}

const withoutZeros = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

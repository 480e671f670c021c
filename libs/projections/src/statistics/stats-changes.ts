/** What a batch changes in `workload_stats`, summed by row. Pure, in memory. */
import { bucketIndex } from '#libs/init-history';
import type { Count } from '../pod-inits/version-ledger.js';
import { countNames, noCounts, type Counts } from './counts.js';

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

/** Sums counts by row of the statistics. */
export class StatsChanges {
  readonly #changes = new Map<string, StatsChange>();

  constructor(private readonly shardId: number) {}

  get rows(): readonly StatsChange[] {
    return [...this.#changes.values()].map((change) => ({
      ...change,
      categories: withoutZeros(change.categories),
      buckets: withoutZeros(change.buckets),
    }));
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

function addCount(counts: Record<string, number>, key: string, times: number): void {
  counts[key] = (counts[key] ?? 0) + times;
}

const withoutZeros = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

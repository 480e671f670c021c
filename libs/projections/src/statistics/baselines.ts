/** How long a container of a workload takes when all is well, as of a position: what stuck thresholds are made of. */
import { quantile } from '#libs/init-history';
import type { Baseline } from '#libs/init-history';
import type { Contribution } from '../pod-inits/read-model-rows.js';
import type { Count } from '../pod-inits/version-ledger.js';
import { ZERO_BUCKET, bucketOf } from './stats-changes.js';

/** Good starts older than this say nothing of today's. */
const WINDOW_MS = 14 * 24 * 3_600_000;

/** Containers whose hours are kept in memory; the others are read again. */
const KEPT = 20_000;

/** What a baseline is of. `container` '' is the initialization as a whole. */
export type BaselineKey = Pick<
  Contribution,
  'namespace' | 'namespaceUid' | 'workloadKind' | 'workloadName' | 'container'
>;

/** Successes of one hour by bucket. */
export type HourOfStarts = Readonly<{ hour: string; buckets: Readonly<Record<string, number>> }>;

/** Hours as the table has them, and up to which position it has counted. */
export type CountedHours = Readonly<{ hours: readonly HourOfStarts[]; upTo: number }>;

/** Reads from `workload_stats` the hours after `since` (epoch milliseconds). */
export type ReadHours = (key: BaselineKey, since: number) => Promise<CountedHours>;

type Hours = Map<string, Record<string, number>>;

/**
 * Baselines while the log is followed. What was counted before a position is in the baseline at that position, though it may not be in
 * the table yet: so a threshold does not depend on where batches end, nor on when they are written.
 */
export class Baselines {
  readonly #hours = new Map<string, Hours>();
  readonly #uncommitted = new Map<string, Count[]>();

  constructor(private readonly read: ReadHours) {}

  /** The baseline at `at` (epoch milliseconds): null before the first good start in the window. */
  async of(key: BaselineKey, at: number): Promise<Baseline | null> {
    const name = nameOf(key);
    const hours = this.#hours.get(name) ?? (await this.#load(key, at));
    return summed(hours, at - WINDOW_MS);
  }

  /** Reads those of `keys` that are not in memory, all at once. @param at of the first event that may ask for one of them */
  async prepare(keys: readonly BaselineKey[], at: number): Promise<void> {
    const unknown = new Map(keys.map((key) => [nameOf(key), key]));
    for (const name of unknown.keys()) if (this.#hours.has(name)) unknown.delete(name);
    await Promise.all([...unknown.values()].map((key) => this.#load(key, at)));
  }

  /** Takes note of what was counted. */
  add(count: Count): void {
    if (count.contribution.durationMs === null) return;
    const name = nameOf(count.contribution);
    const hours = this.#hours.get(name);
    if (hours) addTo(hours, count);
    const uncommitted = this.#uncommitted.get(name);
    if (uncommitted) uncommitted.push(count);
    else this.#uncommitted.set(name, [count]);
  }

  /** What was counted up to `position` is in the table: from now on it is read from there. */
  committed(position: number): void {
    for (const [name, counts] of this.#uncommitted) {
      const left = counts.filter((count) => count.position > position);
      if (left.length > 0) this.#uncommitted.set(name, left);
      else this.#uncommitted.delete(name);
    }
    for (const name of this.#hours.keys()) {
      if (this.#hours.size <= KEPT) return;
      this.#hours.delete(name);
    }
  }

  async #load(key: BaselineKey, at: number): Promise<Hours> {
    const counted = await this.read(key, at - WINDOW_MS);
    const hours: Hours = new Map(counted.hours.map(({ hour, buckets }) => [hour, { ...buckets }]));
    for (const count of this.#uncommitted.get(nameOf(key)) ?? []) {
      if (count.position > counted.upTo) addTo(hours, count);
    }
    this.#hours.set(nameOf(key), hours);
    return hours;
  }
}

/** Starts that took so long, in the hour of their end (RFC 3339), how often. */
export type Starts = Readonly<{ hour: string; durationMs: number; times: number }>;

/** The baseline at `at` (epoch milliseconds) that `starts` come to, whatever their hours. */
export function baselineOf(starts: readonly Starts[], at: number): Baseline | null {
  const hours: Hours = new Map();
  for (const each of starts) addStarts(hours, each);
  return summed(hours, at - WINDOW_MS);
}

const addTo = (hours: Hours, { contribution: { hour, durationMs }, times }: Count): void =>
  addStarts(hours, { hour, durationMs: durationMs ?? 0, times });

function addStarts(hours: Hours, { hour, durationMs, times }: Starts): void {
  const buckets = hours.get(hour) ?? {};
  const bucket = bucketOf(durationMs);
  buckets[bucket] = (buckets[bucket] ?? 0) + times;
  hours.set(hour, buckets);
}

function summed(hours: Hours, since: number): Baseline | null {
  const buckets: Record<number, number> = {};
  let zero = 0;
  let samples = 0;
  for (const [hour, counts] of hours) {
    if (Date.parse(hour) <= since) continue;
    for (const [bucket, count] of Object.entries(counts)) {
      samples += count;
      if (bucket === ZERO_BUCKET) zero += count;
      else buckets[Number(bucket)] = (buckets[Number(bucket)] ?? 0) + count;
    }
  }
  const p99 = quantile({ zero, buckets }, 0.99);
  return p99 === null ? null : { samples, p99Seconds: p99.seconds };
}

/** A name for what a baseline is of. */
export const nameOf = ({ namespace, namespaceUid, workloadKind, workloadName, container }: BaselineKey): string =>
  JSON.stringify([namespace, namespaceUid, workloadKind, workloadName, container]);

/** Waits of many pods on one target, clustered in time: what one outage of that target looks like from its clients. */

/** One init container of one pod waited for a target. Epoch milliseconds; `to` null: it still does. */
export type Wait = Readonly<{
  endpoint: string;
  podUid: string;
  from: number;
  to: number | null;
}>;

export type WaitCluster<W extends Wait = Wait> = Readonly<{
  endpoint: string;
  from: number;
  /** Null while any of them still waits. */
  to: number | null;
  /** How many different pods waited, and how many of them at once at most. */
  pods: number;
  peak: number;
  /** How many of the waits go on. */
  open: number;
  /** All waits added up, and the longest, in seconds, up to `at`. */
  podSeconds: number;
  longestSeconds: number;
  /** By their beginning. */
  waits: readonly W[];
}>;

/**
 * Waits on the same target belong to one cluster where they overlap, or follow one another within `joinSeconds`. Every wait is
 * in exactly one cluster.
 *
 * @param at epoch milliseconds up to which a wait that goes on is reckoned
 * @returns most pods first, then the earliest
 */
export function waitClusters<W extends Wait>(
  waits: readonly W[],
  at: number,
  joinSeconds: number,
): readonly WaitCluster<W>[] {
  const clusters: WaitCluster<W>[] = [];
  for (const [endpoint, all] of Map.groupBy(waits, (wait) => wait.endpoint)) {
    let some: W[] = [];
    let until = Number.NEGATIVE_INFINITY;
    for (const wait of all.toSorted((a, b) => a.from - b.from)) {
      if (some.length > 0 && wait.from > until + joinSeconds * 1000) {
        clusters.push(clusterOf(endpoint, some, at));
        some = [];
        until = Number.NEGATIVE_INFINITY;
      }
      some.push(wait);
      until = Math.max(until, endOf(wait, at));
    }
    clusters.push(clusterOf(endpoint, some, at));
  }
  return clusters.toSorted((a, b) => b.pods - a.pods || a.from - b.from || (a.endpoint < b.endpoint ? -1 : 1));
}

/** A wait that goes on reaches to `at`; none ends before it began. */
const endOf = ({ from, to }: Wait, at: number): number => Math.max(from, to ?? at);

function clusterOf<W extends Wait>(endpoint: string, waits: readonly W[], at: number): WaitCluster<W> {
  const open = waits.filter(({ to }) => to === null).length;
  const millis = waits.map((wait) => endOf(wait, at) - wait.from);
  return {
    endpoint,
    from: waits[0]?.from ?? at,
    to: open > 0 ? null : Math.max(...waits.map((wait) => endOf(wait, at))),
    pods: new Set(waits.map(({ podUid }) => podUid)).size,
    peak: peakOf(waits, at),
    open,
    // added up as whole milliseconds, so that their order does not tell in the last digit
    podSeconds: millis.reduce((sum, one) => sum + one, 0) / 1000,
    longestSeconds: Math.max(0, ...millis) / 1000,
    waits,
  };
}

/** Pods that waited at once, at most; at an instant at which one ends and another begins, both wait. */
function peakOf(waits: readonly Wait[], at: number): number {
  const steps = waits
    .flatMap((wait) => [
      { time: wait.from, podUid: wait.podUid, change: 1 },
      { time: endOf(wait, at), podUid: wait.podUid, change: -1 },
    ])
    .toSorted((a, b) => a.time - b.time || b.change - a.change);
  const waiting = new Map<string, number>();
  let peak = 0;
  for (const { podUid, change } of steps) {
    const count = (waiting.get(podUid) ?? 0) + change;
    if (count > 0) waiting.set(podUid, count);
    else waiting.delete(podUid);
    peak = Math.max(peak, waiting.size);
  }
  return peak;
}

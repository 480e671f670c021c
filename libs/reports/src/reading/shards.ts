import type { Viewer } from '#libs/access';

export type Source = 'kubernetes' | 'demo' | 'recording';

/** A watched cluster as the store knows it. Times in epoch milliseconds. */
export type Shard = Readonly<{
  shardId: number;
  cluster: string;
  clusterUid: string;
  source: Source;
  identity: string;
  server: string | null;
  serverVersion: string | null;
  unknowns: readonly Unknown[];
  createdAt: number;
  seenAt: number;
  /** Of a recording: when its newest line was received, so far as its recorder has said; null of what is live. */
  recordedUntil: number | null;
  /** Where the cluster is recorded in slices: which this is. */
  slice: Readonly<{ nth: number; of: number }> | null;
  /** How its slices are divided, and whether the API server did it when its recorder looked last; null: not asked, or not known. */
  division: Readonly<{ by: 'hash' | 'range'; byServer: boolean | null }> | null;
  /** The shards of the number of slices before, which this one closed. */
  predecessors: readonly number[];
  /** Since when nothing is recorded into it. */
  closedAt: number | null;
}>;

/** A right that is missing, and what is unknown because of it. */
export type Unknown = Readonly<{ right: string; unknown: string }>;

/** A recorder that was seen within this time of the newest one is at work beside it. */
const besideMs = 300_000;

const rank: Readonly<Record<Source, number>> = { kubernetes: 0, recording: 1, demo: 2 };

/**
 * Which kind of source is told of. The demo and a replayed recording never stand beside a real cluster: of the sources seen
 * lately the most real one is told of, unless a setting names another.
 */
export function sourceTold(shards: readonly Shard[], chosen: Source | undefined): Source | undefined {
  if (chosen && shards.some(({ source }) => source === chosen)) return chosen;
  const newest = Math.max(...shards.map(({ seenAt }) => seenAt));
  const lately = shards.filter(({ seenAt }) => newest - seenAt <= besideMs);
  return lately.map(({ source }) => source).toSorted((a, b) => rank[a] - rank[b])[0];
}

/** The shards a viewer may ask: of one source, and of the one cluster in which the viewer's rights were checked. */
export function shardsFor(viewer: Viewer, shards: readonly Shard[], chosen: Source | undefined): readonly Shard[] {
  const source = sourceTold(shards, chosen);
  return shards.filter(
    (shard) => shard.source === source && (viewer.clusterUid === null || viewer.clusterUid === shard.clusterUid),
  );
}

import type { PoolClient } from '#libs/platform';

/** Up to where a shard was projected, and when that was recorded (RFC 3339); null before the first event. */
export type UpTo = Readonly<{ position: number; recordedAt: string | null }>;

/** Of what frozen rows of pods hold words: of a namespace they have the uid alone. */
export type UnsaidKind = 'node' | 'owner';

/** Where and up to where it is derived again. */
export type Extent = Readonly<{
  db: PoolClient;
  shardId: number;
  upTo: UpTo;
  /** Streams of which bodies are gone, and nobody knows what they said. What is frozen of them may say the same, and nothing is left to read it anew: it goes, too. */
  erased: ReadonlySet<string>;
  /** Pods that rest on nodes or owners of which the same is so: what is frozen of them says what those said, and a mark takes its place. */
  unsaid?: Readonly<{ pods: ReadonlyMap<string, ReadonlySet<UnsaidKind>>; mark: string }>;
}>;

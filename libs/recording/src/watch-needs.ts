import type { Cluster } from '#libs/kubernetes';
import type { Ahead } from './ahead.js';
import type { Appender } from './appender.js';
import type { BackOff } from './back-off.js';
import type { ShardOfWatch } from './loss.js';
import type { WatchListener } from './watch-status.js';
import type { Watched } from './watched.js';
import type { RecordingWriter } from './write-recording.js';

/** Up to where a watch was stored before this process began, and when. */
export type StoredPosition = Readonly<{ resourceVersion: string; movedAt?: string }>;

/** What a watch loop needs. */
export type WatchLoopNeeds = Readonly<{
  cluster: Pick<Cluster, 'list' | 'stream' | 'watch' | 'clock'>;
  watched: Watched;
  appender: Appender;
  shard: ShardOfWatch;
  serverVersion: string | null;
  stored?: StoredPosition | undefined;
  /** What is stored beyond the stored position. Seen again, it adds nothing. */
  ahead?: Ahead;
  /** Until when at least the past was watched, for what is missing although no position was stored. RFC 3339. */
  knownUntil?: string | undefined;
  /** Until when the shards that this one succeeds have watched the resource. RFC 3339. */
  handedOverAt?: string | undefined;
  listener?: WatchListener;
  /** Told when the server's resourceVersions went back: that concerns every watch. */
  onFork?: () => void;
  backOff?: BackOff;
  /** What is taken is written into a recording as well. */
  recording?: RecordingWriter | undefined;
  /** Told before anything is taken: what all watches hold back and is due by then comes before it. */
  writeDue?: (now: number) => void;
}>;

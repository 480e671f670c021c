import type { RecordingEnd } from '#libs/kubernetes';
import type { Unknown } from './rights.js';
import type { WatchStatus } from './watch-status.js';

/** Where the recorder stands. */
export type RecorderStatus = Readonly<{
  /**
   * `connecting`: the cluster has not answered yet. `standby`: another recorder leads. `regaining`: what was known is read from the
   * log. `recording`. `fenced`: another writer took the shard. `stopped`.
   */
  state: 'starting' | 'connecting' | 'standby' | 'regaining' | 'recording' | 'fenced' | 'stopped';
  cluster: string;
  server: string;
  serverVersion: string | null;
  shardId: number | null;
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  watches: readonly WatchStatus[];
  unknowns: readonly Unknown[];
  /** Observations that wait for their transaction. */
  queued: number;
  /** What keeps it from recording, if anything does. */
  error: string | null;
  remedy: string | null;
  /** Of a recording that was read to its end: what it held. */
  end: RecordingEnd | null;
}>;

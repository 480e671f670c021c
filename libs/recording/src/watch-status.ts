import type { GapCause } from '#libs/init-history';
import type { KubernetesErrorReason } from '#libs/kubernetes';
import type { Draft } from './reducing/index.js';

/** Where one watch stands. */
export type WatchStatus = Readonly<{
  /** `resource`, or `resource/namespace`. */
  watch: string;
  resource: string;
  namespace: string | null;
  /** `waiting` before the next try; `refused` while credentials or rights are missing. */
  state: 'starting' | 'listing' | 'watching' | 'waiting' | 'refused' | 'stopped';
  resourceVersion: string | null;
  /** When the server last sent anything: a frame, a bookmark, a page, or that the watch is open. RFC 3339. */
  contactAt: string | null;
  /** Live objects that are known. */
  known: number;
  /** What went wrong last, until something goes well. */
  error: string | null;
  refused: boolean;
}>;

/** What a watch tells while it runs: for metrics and logs, not for decisions. */
export type WatchListener = Readonly<{
  frames?: (watch: string, count: number, repeated: number) => void;
  observed?: (drafts: readonly Draft[]) => void;
  opened?: (watch: string, count: number) => void;
  /** A watch, or the attempt at one, was over: `well` in good order, `fault` for what is our own mistake. */
  ended?: (watch: string, how: 'well' | 'fault' | KubernetesErrorReason, error?: Error) => void;
  gap?: (watch: string, cause: GapCause, seconds: number) => void;
}>;

import type { PhaseOfTime } from '../taxonomy.js';
import type { Edge } from './edge.js';

/** What is known of some time of a cycle. Spans may overlap, and leave holes. */
export type Span = Readonly<{
  phase: PhaseOfTime;
  container: string | null;
  /** Of an instance: its number. */
  attempt: number | null;
  from: Edge;
  to: Edge;
  /** What says more outranks what says less: the lower. */
  rank: number;
  /** Milliseconds that were told as such, whatever its ends were cut to. */
  measured?: number;
}>;

/**
 * A container that runs says most; then what Events and stamps tell of images and of creating; a wait that only a status
 * told, when it was written; last what only lies between.
 */
export const ranks = {
  run: 0,
  sidecarStartup: 1,
  pull: 2,
  pullQueue: 3,
  create: 4,
  backOff: 5,
  shownWait: 6,
  volumesAndSandbox: 7,
} as const;

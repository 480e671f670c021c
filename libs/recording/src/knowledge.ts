import type { Ahead } from './ahead.js';
import type { TailLedger } from './log-tails/index.js';
import type { KnownParts } from './reducing/index.js';

/** What is known in one scope: of a namespace, or of all. */
export type KnownScope = Readonly<{
  pods: KnownParts;
  events: KnownParts;
  /** Pods whose newest observation lies beyond the position that was stored for them. */
  ahead: Ahead;
}>;

/** What a recorder knows of its cluster. */
export type Knowledge = Readonly<{
  /** By namespace; by '' where all are watched together. */
  scopes: ReadonlyMap<string, KnownScope>;
  nodes: KnownParts;
  owners: KnownParts;
  namespaces: KnownParts;
  /** Failed attempts, and whose logs are recorded; undefined where no logs are. */
  tails: TailLedger | undefined;
}>;

import { createHash } from 'node:crypto';

import type { LogName, NewEvent } from '../event.js';

/** Why somebody did something to history, and who. Both are kept for ever: they must not hold what they are about. */
export type Ground = Readonly<{ reason: string; author: string }>;

/** How many rows tell something, by table. */
export type RowsTold = Readonly<Record<string, number>>;

/** What is done to the history of a shard, as its log of acts tells it. */
export type HistoryAct =
  | RowsFrozen
  | Readonly<{
      type: 'SegmentDropped';
      at: string;
      /** Positions `[from, to)` that went, by `recorded_at` `[fromAt, toAt)`. */
      from: number;
      to: number;
      fromAt: string;
      toAt: string;
      /** When the last event of it was recorded: the head says so too, and where all are gone nothing else does. Absent in acts of earlier versions. */
      lastAt?: string;
      /** SHA-256, hex, of its leaf hashes one after the other, and of the file that it was exported to; null where it was not. */
      leaves: string;
      archive: string | null;
    }>
  | (Readonly<{
      type: 'SegmentImported';
      at: string;
      /** As in `SegmentDropped`; `archive` and `acts` are SHA-256, hex, of the file that it came from, and of that which told of erasures. */
      from: number;
      to: number;
      fromAt: string;
      toAt: string;
      leaves: string;
      archive: string;
      acts: string | null;
      /** Whether the shard began with it: nothing of what lies before was ever here. */
      begins: boolean;
      /** Position of the act that dropped it here before; null where it was not here. */
      droppedBy: number | null;
      /** Positions that came without their bodies. */
      erased: readonly number[];
    }> &
      Ground)
  | (Readonly<{ type: 'HoldPlaced'; at: string; holdId: string; fromAt: string; toAt: string }> & Ground)
  | (Readonly<{ type: 'HoldReleased'; at: string; holdId: string }> & Ground)
  | (Readonly<{
      type: 'BodiesErased';
      at: string;
      log: LogName;
      positions: readonly number[];
      /** What lives is not told again because of it; absent: it is. */
      stayAway?: true;
      /**
       * A text that went as well from what was told, where no event says it any more: by the id under which it waited (`erasure_text`), and
       * how many rows of which table held it. There now stands `erased~` and the position of this act.
       */
      told?: Readonly<{ textId: string; rows: RowsTold }>;
      /** Positions of events that are not here any more, and whose bodies archives still hold: they come back without them. */
      archived?: readonly number[];
    }> &
      Ground);

/** What was told of dropped weeks, and can be derived from nothing any more: what its rows come to. */
export type RowsFrozen = Readonly<{
  type: 'RowsFrozen';
  at: string;
  /** Positions `[from, to)` of what they were told of; `to` is the horizon at which they were frozen. */
  from: number;
  to: number;
  /** From where on rows are in the hashes: where the span before ends; null where there is none, and all rows below `to` are. */
  since: number | null;
  /** Of the projection that told them, and its rules; up to which stream, when, and at which `live_from` of its bookmark. */
  name: string;
  rules: string;
  doneTo: string | null;
  frozenAt: string;
  mark: number;
  /** Which columns of each table are in the hashes. */
  columns: Readonly<Record<string, readonly string[]>>;
  /** SHA-256, hex, over the hashes of the rows, and of the pods that were kept to go on from. */
  rows: string;
  seeds: string;
}>;

/** The stream of these acts in each shard. */
export const historyStream = uuidOf('history');

/** The act as an event; the same act is the same event, whoever makes it. */
export function historyAct(shardId: number, act: HistoryAct): NewEvent {
  const { at: _at, ...done } = act;
  return {
    streamId: historyStream,
    eventId: uuidOf(`${shardId} ${JSON.stringify(done)}`),
    type: act.type,
    schemaVersion: 1,
    body: JSON.stringify(act),
  };
}

/** A name-based uuid of our own (RFC 9562, version 8). */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(`initledger history ${text}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

import type { EventReader, Recorded } from '#libs/event-store';
import { isAuditError } from '#libs/platform';
import { Folding } from './folding.js';
import type { Folded, FoldingChoice } from './folding.js';
import type { KeptStates } from './kept-state/index.js';

/** What a recorder knows, regained from the log, and how. */
export type Regained = Folded &
  Readonly<{
    /** Events that are in the kept state from which it was regained; 0 where the whole log was read. */
    keptSize: number;
    /** Why a state that was kept was thrown away. */
    unfit: string | undefined;
  }>;

type Reader = Pick<EventReader, 'readAfter'>;
type Bookmark = Readonly<{ position: number; recordedAt?: string }>;

/** Events a page: so few that they are gone before they count as old to whoever collects garbage. */
const pageSize = 250;

/**
 * Folds the log of a shard into what its recorder knew: hashes of the parts of what lives. Where a state was kept that fits, only what
 * came after it is read. The log is streamed, and nothing of a body is kept.
 */
export async function regain(reader: Reader, choice: FoldingChoice, states?: KeptStates): Promise<Regained> {
  const kept = states && (await fromKept(reader, choice, states));
  if (kept && 'folding' in kept) {
    const { folding, last } = kept;
    const folded = await foldAfter(reader, folding, { position: last.position, recordedAt: last.recordedAt });
    return { ...folded, keptSize: last.position + 1, unfit: undefined };
  }
  const folded = await foldAfter(reader, new Folding(choice), { position: -1 });
  return { ...folded, keptSize: 0, unfit: kept?.unfit };
}

async function foldAfter(reader: Reader, folding: Folding, from: Bookmark): Promise<Folded> {
  let bookmark = from;
  for (;;) {
    const events = await reader.readAfter(folding.choice.shardId, bookmark, pageSize);
    for (const event of events) folding.fold(event);
    const last = events.at(-1);
    if (!last || events.length < pageSize) return folding.result;
    bookmark = { position: last.position, recordedAt: last.recordedAt };
  }
}

type Kept = Readonly<{ folding: Folding; last: Recorded } | { unfit: string }>;

async function fromKept(reader: Reader, choice: FoldingChoice, states: KeptStates): Promise<Kept | undefined> {
  const folding = new Folding(choice);
  const found = await states.load(choice, (piece, { recordedAt }) => folding.load(piece, recordedAt));
  if (!found || 'unfit' in found) return found;
  const { size, eventId, recordedAt } = found.at;
  const last = await eventAt(reader, choice.shardId, { position: size - 1, recordedAt });
  if (last?.eventId !== eventId || last.recordedAt !== recordedAt) return { unfit: 'it is of another log' };
  folding.begin(last);
  return { folding, last };
}

/** The event at a place, if the log has one there. */
async function eventAt(
  reader: Reader,
  shardId: number,
  { position, recordedAt }: Required<Bookmark>,
): Promise<Recorded | undefined> {
  try {
    return (await reader.readAfter(shardId, { position: position - 1, recordedAt }, 1))[0];
  } catch (error) {
    // What retention dropped, or somebody else.
    if (isAuditError(error, 'log-has-hole') || isAuditError(error, 'history-expired')) return undefined;
    throw error;
  }
}

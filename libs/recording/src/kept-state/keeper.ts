import type { EventReader } from '#libs/event-store';
import type { Logger } from '#libs/platform';
import type { Appender } from '../appender.js';
import type { Knowledge } from '../knowledge.js';
import type { KeptOf, KeptStates } from './kept-states.js';
import { piecesNow } from './pieces.js';

/** What keeping a state needs. */
export type KeeperNeeds = Readonly<{
  states: KeptStates;
  reader: Pick<EventReader, 'readAfter'>;
  of: KeptOf;
  knowledge: Knowledge;
  /** The position of a scope's pods that held changes keep back. */
  heldBefore: (scope: string) => string | undefined;
  appender: Pick<Appender, 'added' | 'written'>;
  /** Events of the log before the appender's first. */
  sizeBefore: number;
  /** Events of the log that are in the state that was kept last. */
  sizeKept: number;
  logger: Logger;
}>;

/** A tail that is shorter than this share of what is known is folded faster than the state is kept. */
const worthKeeping = 1 / 20;

/** Keeps what the recorder knows, now and then, beside the appends and never in their way. What fails is tried again the next time. */
export class Keeper {
  private keeping: Promise<void> | undefined;
  private sizeKept: number;

  constructor(private readonly needs: KeeperNeeds) {
    this.sizeKept = needs.sizeKept;
  }

  /** Keeps what is known at this moment, if that is worth it. Resolves when it is kept, or cannot be. */
  keep(signal: AbortSignal): Promise<void> {
    if (!this.keeping && !this.isDue()) return Promise.resolve();
    this.keeping ??= this.keepNow(signal).finally(() => {
      this.keeping = undefined;
    });
    return this.keeping;
  }

  private isDue(): boolean {
    const { knowledge, sizeBefore, appender } = this.needs;
    const { scopes, nodes, owners, namespaces } = knowledge;
    const ofScopes = [...scopes.values()].reduce((sum, { pods, events }) => sum + pods.size + events.size, 0);
    const known = ofScopes + nodes.size + owners.size + namespaces.size;
    return sizeBefore + appender.added - this.sizeKept > known * worthKeeping;
  }

  private async keepNow(signal: AbortSignal): Promise<void> {
    const { states, reader, of, knowledge, heldBefore, appender, sizeBefore, logger } = this.needs;
    try {
      // What is known is what was added, in this very turn; how far that reaches into the log shows once it is durable.
      const pieces = piecesNow(knowledge, heldBefore);
      const size = sizeBefore + (await appender.written());
      const [last] = await reader.readAfter(of.shardId, size - 2, 1);
      if (!last) return;
      await states.save(of, { size, eventId: last.eventId, recordedAt: last.recordedAt }, pieces, signal);
      this.sizeKept = size;
      logger.debug({ events: size }, 'kept what is known');
    } catch (error) {
      logger.warn({ error }, 'what is known could not be kept: until it is, a restart reads more of the log');
    }
  }
}

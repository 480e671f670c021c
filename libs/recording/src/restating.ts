import { setTimeout as sleep } from 'node:timers/promises';
import { EventReader } from '#libs/event-store';
import type { EventWriter, Recorded } from '#libs/event-store';
import type { Cluster } from '#libs/kubernetes';
import type { Logger, Pool } from '#libs/platform';
import type { Appender } from './appender.js';
import type { Knowledge } from './knowledge.js';
import {
  agreeing,
  namespaceObserved,
  nodeObserved,
  ownerObserved,
  podObserved,
  readParts,
  resourceVersionIn,
  type Change,
  type Draft,
  type KnownParts,
  type Source,
  type Subject,
} from './reducing/index.js';

/** What restating needs. */
type RestatingNeeds = Readonly<{
  /** Of the recorder. */
  pool: Pool;
  reader: Pick<EventReader, 'readStreams'>;
  shardId: number;
  knowledge: Knowledge;
  appender: Pick<Appender, 'add' | 'written' | 'noteStreams'>;
  source: () => Source;
  logger: Logger;
  everyMs?: number | undefined;
}>;

type Make = (source: Source, subject: Subject, change: Change) => Draft;
type Kind = Readonly<{ types: ReadonlySet<string>; known: KnownParts; make: Make }>;

const EVERY_MS = 60_000;
/** Subjects that are folded together. */
const TOGETHER = 200;

/** Restating for one term as the author of a shard. */
export function restating(
  { pool, cluster, shardId, logger, restateEveryMs: everyMs }: Term,
  { writer, knowledge, appender }: Author,
): Restating {
  const source = (): Source => ({
    shardId,
    watchEpoch: writer.watchEpoch,
    via: 'restated',
    receivedAt: new Date(cluster.clock.now()).toISOString(),
  });
  return new Restating({ pool, reader: new EventReader(pool), shardId, knowledge, appender, source, logger, everyMs });
}

type Term = Readonly<{
  pool: Pool;
  cluster: Pick<Cluster, 'clock'>;
  shardId: number;
  logger: Logger;
  restateEveryMs?: number | undefined;
}>;
type Author = Readonly<{ writer: Pick<EventWriter, 'watchEpoch'>; knowledge: Knowledge; appender: Appender }>;

/**
 * Tells in full what lives and was last told in full in a week that is to be dropped, from the log itself: a recorder remembers no more of
 * it than hashes. So whoever reads what is kept finds all that is alive in it.
 */
class Restating {
  constructor(private readonly needs: RestatingNeeds) {}

  /** Looks now and then until `signal`. What fails is tried again at the next look. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.look(signal);
      } catch (error) {
        if (!signal.aborted) this.needs.logger.warn({ error }, 'could not restate what lives, will try again');
      }
      await sleep(this.needs.everyMs ?? EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Restates what lives, if a week of this shard waits for that. */
  private async look(signal: AbortSignal): Promise<void> {
    const upTo = await this.due();
    if (upTo === null) return;
    let restated = 0;
    // What explains pods comes before them.
    for (const kind of this.kinds()) {
      const streams = [...kind.known.uids()];
      for (let from = 0; from < streams.length; from += TOGETHER) {
        signal.throwIfAborted();
        restated += await this.restate(kind, streams.slice(from, from + TOGETHER), upTo);
      }
    }
    await this.needs.appender.written();
    await this.needs.pool.query(
      `INSERT INTO restated (shard_id, up_to) VALUES ($1, $2)
       ON CONFLICT (shard_id) DO UPDATE SET up_to = excluded.up_to, restated_at = now()`,
      [this.needs.shardId, upTo],
    );
    this.needs.logger.info({ upTo, restated }, 'restated what lives, so that the weeks before can be dropped');
  }

  private kinds(): readonly Kind[] {
    const { namespaces, nodes, owners, scopes } = this.needs.knowledge;
    const gone =
      (make: typeof nodeObserved): Make =>
      (...of) =>
        make(...of, false);
    return [
      { types: new Set(['NamespaceObserved']), known: namespaces, make: gone(namespaceObserved) },
      { types: new Set(['NodeObserved']), known: nodes, make: gone(nodeObserved) },
      { types: new Set(['OwnerObserved']), known: owners, make: gone(ownerObserved) },
      ...[...scopes.values()].map(({ pods }) => ({ types: new Set(['PodObserved']), known: pods, make: podObserved })),
    ];
  }

  /** Up to which position the weeks reach that are older than is kept; null where all is told in full after them. */
  private async due(): Promise<number | null> {
    const { rows } = await this.needs.pool.query<{ up_to: number | null }>(
      `SELECT max(next_position) AS up_to
         FROM segment
        WHERE shard_id = $1 AND due_at IS NOT NULL AND dropped_at IS NULL
          AND next_position > coalesce((SELECT up_to FROM restated WHERE shard_id = $1), 0)`,
      [this.needs.shardId],
    );
    return rows[0]?.up_to ?? null;
  }

  /** A subject of which something is recorded meanwhile is read once more: what is told in full must not come after what is newer. */
  private async restate(kind: Kind, streams: readonly string[], upTo: number): Promise<number> {
    const { appender, reader, shardId } = this.needs;
    let restated = 0;
    for (let left = streams; left.length > 0;) {
      const moved = appender.noteStreams();
      try {
        await appender.written();
        const events = Map.groupBy(await reader.readStreams(shardId, left), ({ streamId }) => streamId);
        const quiet = left.filter((stream) => !moved.streams.has(stream));
        const drafts = quiet.flatMap((stream) => this.draft(kind, stream, events.get(stream) ?? [], upTo));
        restated += drafts.length;
        left = left.filter((stream) => moved.streams.has(stream));
        await appender.add(drafts);
      } finally {
        moved.end();
      }
    }
    return restated;
  }

  private draft(kind: Kind, stream: string, events: readonly Recorded[], upTo: number): Draft[] {
    const known = kind.known.get(stream);
    const own = events.filter(({ type, body }) => kind.types.has(type) && body !== null);
    const isTold = own.some(
      ({ position, body }) => position >= upTo && body?.slice(0, 200).includes('"via":"restated"'),
    );
    if (!known || isTold || !own.some(({ position }) => position < upTo)) return [];
    const laid = new Map<string, string>();
    for (const { body } of own)
      for (const [name, text] of readParts(body ?? '').parts) {
        if (text === null) laid.delete(name);
        else laid.set(name, text);
      }
    // Of a part whose newest text was erased nothing is told: an older one would be wrong.
    const parts = agreeing(known, laid);
    const resourceVersion = resourceVersionIn(own.at(-1)?.body ?? '');
    if (parts.size === 0 || resourceVersion === undefined) return [];
    const change = { parts, writes: [], probesOnly: false, known };
    return [kind.make(this.needs.source(), { uid: stream, resourceVersion }, change)];
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger, Pool } from '#libs/platform';
import type { Appender } from './appender.js';
import type { Knowledge } from './knowledge.js';
import type { ErasedStreams } from './tell-again.js';

/** Looks at what may have been erased: each tells again what of it lives. False: not now. */
type Again = Readonly<{ tellAgain(erased: ErasedStreams, signal: AbortSignal): Promise<boolean> }>;

type Term = Readonly<{
  /** Of the recorder. */
  pool: Pool;
  shardId: number;
  logger: Logger;
  restateEveryMs?: number | undefined;
}>;
type Author = Readonly<{
  looks: readonly Again[];
  /** Owners are not watched: they are read again for the next pod that names them. */
  knowledge: Pick<Knowledge, 'owners'>;
  appender: Pick<Appender, 'written'>;
}>;

const EVERY_MS = 5_000;

/** What is watched, and what is recorded of it. Of Events and logs nothing is told again: they are over. */
const resources: Readonly<Record<string, string>> = {
  PodObserved: 'pods',
  NodeObserved: 'nodes',
  NamespaceObserved: 'namespaces',
  OwnerObserved: 'owners',
};

type Body = Readonly<{ streamId: string; type: string }>;
type Erased = Readonly<{ position: number; bodies: readonly Body[] }>;

/**
 * Tells again what lives and of which bodies were erased: a fold meets an erased part as unknown until then. It is asked of the database,
 * so an erasure is noticed while the recorder runs, and by the next one where it did not.
 */
export class RestatingErased {
  constructor(
    private readonly term: Term,
    private readonly author: Author,
  ) {}

  /** Looks now and then until `signal`. What fails is tried again at the next look. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.look(signal);
      } catch (error) {
        if (!signal.aborted) this.term.logger.warn({ error }, 'could not tell again what was erased, will try again');
      }
      await sleep(this.term.restateEveryMs ?? EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async look(signal: AbortSignal): Promise<void> {
    const { pool, shardId, logger } = this.term;
    const { looks, knowledge, appender } = this.author;
    const erased = await this.erased();
    if (erased.length === 0) return;
    const streams = streamsOf(erased.flatMap(({ bodies }) => bodies));
    for (const look of looks) if (!(await look.tellAgain(streams, signal))) return;
    for (const stream of streams.get('owners') ?? []) knowledge.owners.delete(stream);
    await appender.written();
    await pool.query('UPDATE erasure SET restated_at = now() WHERE shard_id = $1 AND position = ANY ($2)', [
      shardId,
      erased.map(({ position }) => position),
    ]);
    logger.info({ erasures: erased.length }, 'told again what lives of what was erased');
  }

  private async erased(): Promise<readonly Erased[]> {
    const { rows } = await this.term.pool.query<Erased>(
      'SELECT position, bodies FROM erasure WHERE shard_id = $1 AND restated_at IS NULL ORDER BY position',
      [this.term.shardId],
    );
    return rows;
  }
}

function streamsOf(bodies: readonly Body[]): ErasedStreams {
  const streams = new Map<string, Set<string>>();
  for (const { streamId, type } of bodies) {
    const resource = resources[type];
    if (resource !== undefined) streams.set(resource, (streams.get(resource) ?? new Set()).add(streamId));
  }
  return new Map([...streams].map(([resource, some]) => [resource, [...some]]));
}

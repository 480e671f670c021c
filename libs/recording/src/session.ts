import type { Pool } from '#libs/platform';
import { EventReader, EventWriter } from '#libs/event-store';
import type { Feed, Sealing } from '#libs/event-store';
import { RecordedCluster, isKubernetesError } from '#libs/kubernetes';
import type { Cluster, Slice } from '#libs/kubernetes';
import type { Logger } from '#libs/platform';
import type { Ahead } from './ahead.js';
import { Appender } from './appender.js';
import type { ShardOfWatch } from './loss.js';
import { NamespaceLook } from './namespace-look.js';
import { readHandedOver, type HandedOver } from './handed-over.js';
import { watchedEvents, watchedNamespaces, watchedNodes } from './others.js';
import { LogTails } from './log-tails/index.js';
import { Owners } from './owners.js';
import { WatchedPods } from './pods.js';
import { REDUCER, reducerChanged } from './reducing/index.js';
import type { Masking } from './reducing/index.js';
import type { RecorderMetrics } from './recorder-metrics.js';
import type { KnownScope } from './knowledge.js';
import { Keeper, KeptStates } from './kept-state/index.js';
import { recordedUntil } from './recording-end.js';
import { regain } from './regain.js';
import { restating } from './restating.js';
import { RestatingErased } from './restating-erased.js';
import type { Regained } from './regain.js';
import { missingRights, unknowns } from './rights.js';
import type { Unknown } from './rights.js';
import { WatchLoop } from './watch-loop.js';
import type { RecordingWriter } from './write-recording.js';
import type { StoredPosition } from './watch-needs.js';
import { tellWatches } from './tell-watches.js';
import type { WatchStatus } from './watch-status.js';
import { watchName } from './watched.js';
import type { Watched } from './watched.js';

/** What recording needs. */
export type SessionNeeds = Readonly<{
  cluster: Cluster;
  pool: Pool;
  feed?: Feed | undefined;
  shardId: number;
  serverVersion: string | null;
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  /** The part of the cluster that the shard holds; all of it where there is none. */
  slice?: Slice | undefined;
  masking: Masking;
  recording?: RecordingWriter | undefined;
  logger: Logger;
  metrics: Pick<RecorderMetrics, 'appender' | 'watch' | 'logTail'>;
  /** What the log is sealed with; without it, it is not sealed. */
  sealing?: Sealing | undefined;
  /** Bytes of the log of a failed attempt that are recorded; undefined: none. */
  logTailBytes?: number | undefined;
  /** How often what is known is kept, in milliseconds; a minute unless told. */
  keepEveryMs?: number | undefined;
  /** The same of whether what lives has to be told in full. */
  restateEveryMs?: number | undefined;
}>;

type Look = WatchLoop | NamespaceLook;

const lastFlushMs = 10_000;
const keepEveryMs = 60_000;
const lastKeepMs = 5_000;
const reviewMs = 60_000;
/** While rights are missing, somebody may be giving them. */
const missingReviewMs = 9_000;

/** One term as the author of a shard: from taking its writer to giving it up, or to being fenced. */
export class Session {
  private readonly end = new AbortController();
  private readonly looks: Look[] = [];
  private readonly pods = new Map<string, WatchedPods>();
  private readonly unreadable = new Set<string>();
  private missing: readonly Unknown[] = [];
  private reviewedAt = -Infinity;
  private readonly appender: Appender;
  private readonly owners: Owners;
  private readonly tails: LogTails | undefined;
  private readonly keeper: Keeper | undefined;
  private fenced: Error | undefined;
  private raising: Promise<boolean> = Promise.resolve(false);

  private constructor(
    private readonly needs: SessionNeeds,
    private readonly writer: EventWriter,
    private readonly regained: Regained & Readonly<{ handedOver: HandedOver }>,
    private readonly stored: ReadonlyMap<string, StoredPosition>,
  ) {
    const { cluster, masking, metrics, logger } = needs;
    this.appender = new Appender(writer, {
      ...metrics.appender,
      failed: (error, waitMs) => {
        metrics.appender.failed?.(error, waitMs);
        logger.warn({ error, waitMs, queued: this.appender.queued }, 'append failed, trying again');
      },
      ended: (error) => {
        this.fenced = error;
        this.end.abort();
      },
    });
    const readable = (resource: string, may: boolean) =>
      may ? this.unreadable.delete(resource) : this.unreadable.add(resource);
    this.owners = new Owners({ cluster, masking, known: regained.owners, readable, recording: needs.recording });
    if (needs.logTailBytes !== undefined && regained.tails)
      this.tails = new LogTails({
        cluster,
        ledger: regained.tails,
        masking,
        appender: this.appender,
        source: () => ({
          shardId: needs.shardId,
          watchEpoch: writer.watchEpoch,
          via: 'watch',
          receivedAt: new Date(cluster.clock.now()).toISOString(),
        }),
        mostBytes: needs.logTailBytes,
        ended: metrics.logTail,
        readable: (may) => readable('pods/log', may),
      });
    this.keeper = this.makeKeeper();
  }

  /** A recording is read again from its beginning, and its log is short. */
  private makeKeeper(): Keeper | undefined {
    const { pool, cluster, shardId, namespaces, logger } = this.needs;
    if (cluster instanceof RecordedCluster) return undefined;
    return new Keeper({
      states: new KeptStates(pool),
      reader: new EventReader(pool),
      of: { shardId, namespaces, logTails: this.regained.tails !== undefined },
      knowledge: this.regained,
      heldBefore: (scope) => this.pods.get(scope)?.heldBefore,
      appender: this.appender,
      sizeBefore: this.writer.sealed().size,
      sizeKept: this.regained.keptSize,
      logger,
    });
  }

  /** Takes the shard's writer, which fences every other, and regains what is known from the log. */
  static async begin(needs: SessionNeeds): Promise<Session> {
    const { pool, feed, shardId, namespaces, logger, sealing } = needs;
    const writer = await EventWriter.open(pool, shardId, {
      logger,
      ...(feed && { feed }),
      ...(sealing && { sealing }),
    });
    const stored = new Map((await writer.watchPositions()).map((position) => [position.watch, position]));
    const began = performance.now();
    const podsPosition = (scope: string) => stored.get(scope === '' ? 'pods' : `pods/${scope}`)?.resourceVersion;
    const logTails = needs.logTailBytes !== undefined;
    const states = needs.cluster instanceof RecordedCluster ? undefined : new KeptStates(pool);
    const choice = { shardId, namespaces, podsPosition, logTails };
    const regained = await regain(new EventReader(pool), choice, states);
    if (needs.cluster instanceof RecordedCluster) needs.cluster.recordedBefore(await recordedUntil(needs, regained));
    const seconds = Math.round(performance.now() - began) / 1000;
    const { count: events, keptSize: kept, unfit } = regained;
    if (unfit !== undefined) logger.info({ unfit }, 'what was kept of the log does not fit, and all of it was read');
    logger.info({ events, kept, seconds }, 'regained what was known from the log');
    // A recording is played from its beginning, whatever was played of it before.
    const handedOver = needs.cluster instanceof RecordedCluster ? new Map() : await readHandedOver(pool, shardId);
    return new Session(needs, writer, { ...regained, handedOver }, stored);
  }

  get watches(): readonly WatchStatus[] {
    return this.looks.map(({ status }) => status);
  }

  get unknowns(): readonly Unknown[] {
    return unknowns(this.missing, this.watches, this.unreadable);
  }

  get queued(): number {
    return this.appender.queued;
  }

  /** Writes what is held back: nothing comes any more that could take it along. */
  settle(): void {
    for (const look of this.looks) if (look instanceof WatchLoop) look.settle();
  }

  private readonly writeDue = (now: number): void => {
    for (const look of this.looks) if (look instanceof WatchLoop) look.writeDue(now);
  };

  /** Asks the API server, now and then, which rights are missing. A server that does not say leaves what was known. */
  async reviewRights(): Promise<void> {
    const { cluster, namespaces } = this.needs;
    const patienceMs = this.missing.length > 0 ? missingReviewMs : reviewMs;
    if (performance.now() - this.reviewedAt < patienceMs) return;
    this.reviewedAt = performance.now();
    try {
      this.missing = await missingRights(cluster, { namespaces, logTails: this.tails !== undefined });
    } catch (error) {
      if (!isKubernetesError(error)) throw error;
    }
  }

  /**
   * Records until `signal` says stop; then everything that was taken is durable.
   *
   * @throws AuditError `writer-fenced`
   */
  async run(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.end.signal]);
    const keeping = setInterval(() => void this.keeper?.keep(this.end.signal), this.needs.keepEveryMs ?? keepEveryMs);
    try {
      await this.noteReducer();
      await this.record(either);
      if (this.fenced) throw this.fenced;
      await inTime(this.appender.flush(), lastFlushMs);
      await this.keeper?.keep(AbortSignal.timeout(lastKeepMs));
    } finally {
      clearInterval(keeping);
      this.end.abort();
      this.appender.drop(new Error('The session has ended'));
      await this.writer.close();
    }
  }

  /** What explains pods comes before them: namespaces, nodes, and with each pod its owners (observations.md). */
  private async record(signal: AbortSignal): Promise<void> {
    const { namespaces, masking, slice } = this.needs;
    const running: Promise<void>[] = [];
    const begin = (looks: readonly Look[]) => {
      for (const look of looks) {
        this.looks.push(look);
        running.push(look.run(signal).catch((error: unknown) => this.stopAll(error)));
      }
      return Promise.all(looks.map(({ opened }) => opened));
    };
    const watchNamespaces = watchedNamespaces(masking, this.regained.namespaces, slice);
    if (this.needs.cluster instanceof RecordedCluster) {
      // What came first is the recording's to say, and which of these it holds shows with its end.
      const explaining = [watchNamespaces, watchedNodes(masking, this.regained.nodes)].map((each) => this.loop(each));
      const scopes = [...this.regained.scopes].flatMap(([scope, known]) => this.scope(scope, known));
      await begin([...explaining, ...scopes]);
      await Promise.all(running);
      return;
    }
    if (namespaces.length === 0) await begin([this.loop(watchNamespaces)]);
    else await begin(namespaces.map((name) => this.lookAt(name, watchNamespaces)));
    if (!signal.aborted) await begin([this.loop(watchedNodes(masking, this.regained.nodes))]);
    if (!signal.aborted) await begin([...this.regained.scopes].flatMap(([scope, known]) => this.scope(scope, known)));
    const { writer, regained: knowledge, appender } = this;
    running.push(restating(this.needs, { writer, knowledge, appender }).run(signal));
    running.push(new RestatingErased(this.needs, { looks: this.looks, knowledge, appender }).run(signal));
    if (this.tails) running.push(this.tails.run(signal).catch((error: unknown) => this.stopAll(error)));
    await Promise.all(running);
  }

  private scope(scope: string, { pods, events, ahead }: KnownScope): Look[] {
    const { masking, slice } = this.needs;
    const namespace = scope === '' ? null : scope;
    const { owners, tails } = this;
    const watched = new WatchedPods({ masking, known: pods, owners, ahead, namespace, slice, tails });
    this.pods.set(scope, watched);
    return [this.loop(watched, ahead), this.loop(watchedEvents(masking, events, { namespace, slice }))];
  }

  private loop(watched: Watched, ahead?: Ahead): WatchLoop {
    const { cluster, serverVersion } = this.needs;
    return new WatchLoop({
      cluster,
      watched,
      appender: this.appender,
      shard: this.shard,
      serverVersion,
      stored: this.stored.get(watchName(watched)),
      knownUntil: this.regained.knownUntil ?? undefined,
      handedOverAt: this.regained.handedOver.get(watched.resource.name),
      listener: tellWatches(this.needs),
      recording: this.needs.recording,
      writeDue: this.writeDue,
      onFork: () => {
        for (const look of this.looks)
          if (look instanceof WatchLoop && look.status.watch !== watchName(watched)) look.doubt();
      },
      ...(ahead && { ahead }),
    });
  }

  private lookAt(name: string, watched: Watched): NamespaceLook {
    return new NamespaceLook({
      cluster: this.needs.cluster,
      name,
      watched,
      appender: this.appender,
      shard: this.shard,
      recording: this.needs.recording,
    });
  }

  private get shard(): ShardOfWatch {
    return {
      id: this.needs.shardId,
      epoch: () => this.writer.watchEpoch,
      raiseEpochAbove: (epoch) => {
        this.raising = this.raising.then(() => this.raiseAbove(epoch));
        return this.raising;
      },
    };
  }

  private async raiseAbove(epoch: number): Promise<boolean> {
    if (this.writer.watchEpoch > epoch) return false;
    // What is queued belongs to the epoch in which it was seen.
    await this.appender.flush();
    await this.writer.raiseWatchEpoch();
    return true;
  }

  private async noteReducer(): Promise<void> {
    const { reducer, receivedUntil } = this.regained;
    const { cluster } = this.needs;
    if (reducer === null || reducer === REDUCER) return;
    const source = {
      shardId: this.needs.shardId,
      watchEpoch: this.writer.watchEpoch,
      via: 'reducerChanged' as const,
      // A recording is of the past, whoever reads it again.
      receivedAt:
        (cluster instanceof RecordedCluster ? receivedUntil : null) ?? new Date(cluster.clock.now()).toISOString(),
    };
    await this.appender.add([reducerChanged(source, { before: reducer }, { resource: 'pods', namespace: null })]);
  }

  private stopAll(error: unknown): void {
    this.fenced ??= error instanceof Error ? error : new Error(String(error));
    this.end.abort();
  }
}

async function inTime(done: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error('The database did not take the last observations in time')),
      milliseconds,
    );
  });
  await Promise.race([done, late]).finally(() => clearTimeout(timer));
}

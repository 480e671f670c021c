import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Shards } from '#libs/event-store';
import type { Feed, Sealing, ShardDescription, ShardSlice, SlicesBy } from '#libs/event-store';
import { Lease, RecordedCluster, Slice, isKubernetesError } from '#libs/kubernetes';
import type { Cluster, ClusterIdentity, RecordingEnd } from '#libs/kubernetes';
import { isAuditError } from '#libs/platform';
import type { Logger, Metrics, Pool } from '#libs/platform';
import { BackOff } from './back-off.js';
import { proposeDivision } from './division.js';
import { Lead } from './lead.js';
import { Masking } from './reducing/index.js';
import type { Commands } from './reducing/index.js';
import { RecorderMetrics } from './recorder-metrics.js';
import type { RecorderStatus } from './recorder-status.js';
import { unknownsOf, withoutPods } from './recording-end.js';
import { podsRemedy } from './rights.js';
import { Session } from './session.js';
import type { WatchStatus } from './watch-status.js';
import { RecordingWriter } from './write-recording.js';

/** What is recorded, and with what. */
export type RecorderNeeds = Readonly<{
  cluster: Cluster;
  /** What the cluster is: a shard of one source is never listed beside those of another. */
  source: 'kubernetes' | 'demo' | 'recording';
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  /** Which part of the cluster is recorded, of how many; all of it where there is none. */
  slice?: ShardSlice | undefined;
  /** How the parts have to be divided; without it, as `proposeDivision` says. */
  sliceBy?: SlicesBy | undefined;
  pool: Pool;
  /** Told of each append, for readers in this process. */
  feed?: Feed | undefined;
  logger: Logger;
  metrics: Metrics;
  masking: Readonly<{ key: Uint8Array | string; commands: Commands }>;
  /** The Lease that a recorder must hold to record; without it the fence alone decides. */
  lease?: Readonly<{ namespace: string; name: string }>;
  /** What the log is sealed with; without it, it is not sealed. */
  sealing?: Sealing | undefined;
  /** Bytes of the log of each failed attempt that are recorded; without it, none are read. */
  logTailBytes?: number | undefined;
  /** Writes what is recorded into a file as well: verbatim, or with its secrets masked. */
  writeRecording?: Readonly<{ file: string; verbatim: boolean }>;
  /** How often what is known is kept, in milliseconds; a minute unless told. */
  keepEveryMs?: number;
  /** How often it looks whether what lives has to be told in full, in milliseconds; a minute unless told. */
  restateEveryMs?: number;
}>;

const seenEveryMs = 10_000;
const contactMs = 90_000;
const dividesEveryMs = 60_000;

/**
 * Records one cluster into its shard, as its only author. A cluster that does not answer is waited for; a shard that another
 * recorder takes is given up: for ever, or, with a Lease, until it is ours again. A shard that was closed is given up for ever.
 */
export class Recorder {
  private readonly end = new AbortController();
  private readonly metrics: RecorderMetrics;
  private readonly masking: Masking;
  private readonly shards: Shards;
  private readonly logger: Logger;
  private session: Session | undefined;
  private state: RecorderStatus['state'] = 'starting';
  private trouble: Error | undefined;
  private running: Promise<void> | undefined;
  private shardId: number | null = null;
  /** The part that is recorded, as its generation of shards divides. */
  private slice: Slice | undefined;
  private serverVersion: string | null = null;
  private told: Readonly<{ rights: string; dividedByServer: boolean | undefined }> = {
    rights: '[]',
    dividedByServer: undefined,
  };
  /** When the server was asked whether it divides. */
  private askedAt = -Infinity;
  /** Nobody may write into the shard any more. */
  private isClosed = false;
  private recordingEnd: RecordingEnd | undefined;
  private readonly recording: RecordingWriter | undefined;

  constructor(private readonly needs: RecorderNeeds) {
    this.logger = needs.logger.child({ component: 'recorder', cluster: needs.cluster.name });
    this.metrics = new RecorderMetrics(
      needs.metrics,
      () => this.status,
      () => this.slice,
    );
    this.masking = new Masking({ ...needs.masking, unknownPath: this.metrics.unknownPath });
    this.shards = new Shards(needs.pool);
    const { writeRecording: write, metrics } = needs;
    const { logger, masking } = this;
    this.recording = write && new RecordingWriter({ ...write, masking, logger, metrics });
  }

  get status(): RecorderStatus {
    const { cluster, namespaces } = this.needs;
    const watches = this.session?.watches ?? [];
    const { recordingEnd: end } = this;
    const blind = watches.find(({ resource, refused }) => resource === 'pods' && refused);
    const rights = blind && { error: blind.error, remedy: podsRemedy(blind.namespace) };
    const recorded = end?.problem ?? (end && withoutPods(end));
    const isRecording = cluster instanceof RecordedCluster;
    return {
      state: this.state,
      cluster: cluster.name,
      server: cluster.server,
      serverVersion: this.serverVersion,
      shardId: this.shardId,
      namespaces,
      watches,
      unknowns: isRecording ? (end ? unknownsOf(end) : []) : (this.session?.unknowns ?? []),
      queued: this.session?.queued ?? 0,
      ...((isRecording ? told(recorded) : told(rights)) ?? {
        error: this.trouble?.message ?? null,
        remedy: remedyOf(this.trouble),
      }),
      end: end ?? null,
    };
  }

  /** Begins to record, in the background: what keeps it from recording is in `status` and in the log. */
  start(): void {
    this.running ??= this.run().catch((error: unknown) => {
      this.trouble = toError(error);
      this.state = 'stopped';
      this.logger.error({ error }, 'recording ended');
    });
  }

  /** Stops in good order: what was taken is durable, the Lease is free. */
  async stop(): Promise<void> {
    this.end.abort();
    await this.running;
    this.recording?.close();
    if (this.state !== 'fenced') this.state = 'stopped';
  }

  private async run(): Promise<void> {
    const { signal } = this.end;
    const shardId = await this.register();
    if (shardId === undefined) return;
    const seen = setInterval(() => void this.tellShard(shardId), seenEveryMs);
    try {
      while (!signal.aborted) {
        const lead = await this.takeLead();
        if (!lead) return;
        const fenced = await this.term(shardId, lead);
        await lead.giveUp();
        if (fenced && (this.isClosed || !this.needs.lease)) return;
      }
    } finally {
      clearInterval(seen);
    }
  }

  /** Asks the cluster who it is until it answers, and finds or makes its shard. Undefined: stopped before. */
  private async register(): Promise<number | undefined> {
    const { cluster, slice, sliceBy } = this.needs;
    const backOff = new BackOff();
    this.state = 'connecting';
    while (!this.end.signal.aborted) {
      try {
        const answers = Promise.all([cluster.identity(), cluster.version()]);
        const [identity, version] = await unlessAborted(answers, this.end.signal);
        this.serverVersion = version.gitVersion || null;
        const division = slice && (await unlessAborted(proposeDivision(cluster, slice, sliceBy), this.end.signal));
        const shardId = await this.shards.register(this.describe(identity), division);
        this.slice = slice && new Slice(slice.nth, slice.of, await this.shards.cutsOf(shardId));
        await this.lookWhoDivides();
        this.shardId = shardId;
        this.trouble = undefined;
        return shardId;
      } catch (error) {
        if (isAuditError(error, 'slices-divided-otherwise')) throw error;
        await this.wait(error, backOff, 'cluster or database did not answer, trying again');
      }
    }
    return undefined;
  }

  private describe(identity: ClusterIdentity): ShardDescription {
    const { cluster, source, slice } = this.needs;
    return {
      origin: `${source}:${identity.uid}`,
      clusterUid: identity.uid,
      clusterName: cluster.name,
      source,
      identity: identity.basis,
      server: cluster.server,
      serverVersion: this.serverVersion,
      unknowns: [],
      slice: slice && { nth: slice.nth, of: slice.of },
    };
  }

  /** A server shows with its lists that it divides, and with frames of other slices that it does not: whether it has begun to is asked. */
  private async lookWhoDivides(): Promise<void> {
    const selector = this.slice?.selector;
    if (!selector || selector.isHeeded || performance.now() - this.askedAt < dividesEveryMs) return;
    this.askedAt = performance.now();
    try {
      await unlessAborted(this.needs.cluster.divides(selector), this.end.signal);
    } catch (error) {
      if (!isKubernetesError(error)) throw error;
    }
  }

  private async takeLead(): Promise<Lead | undefined> {
    const { cluster, lease } = this.needs;
    if (!lease) return Lead.always();
    const holder = `${hostname()}_${randomUUID()}`;
    const lead = new Lead(new Lease(cluster, { ...lease, holder }), this.logger);
    this.state = 'standby';
    return (await lead.take(this.end.signal)) ? lead : undefined;
  }

  /** Records for as long as it leads. True: another writer took the shard. */
  private async term(shardId: number, lead: Lead): Promise<boolean> {
    const { cluster, pool, feed, namespaces, sealing, keepEveryMs, restateEveryMs } = this.needs;
    // A recording holds no logs.
    const logTailBytes = cluster instanceof RecordedCluster ? undefined : this.needs.logTailBytes;
    const { serverVersion, masking, logger, metrics, slice } = this;
    const signal = AbortSignal.any([this.end.signal, lead.lost]);
    const backOff = new BackOff();
    for (let nth = 0; !signal.aborted; nth += 1) {
      try {
        this.state = 'regaining';
        if (nth > 0 && cluster instanceof RecordedCluster) await cluster.rewind();
        const about = { cluster, pool, feed, shardId, serverVersion, namespaces, slice, logTailBytes, sealing };
        const needs = { ...about, keepEveryMs, restateEveryMs, masking, logger, metrics, recording: this.recording };
        this.session = await Session.begin(needs);
        this.state = 'recording';
        this.trouble = undefined;
        const of = { cluster: cluster.name, server: cluster.server, serverVersion, namespaces };
        this.recording?.begin(of, new Date(cluster.clock.now()).toISOString());
        void this.tellShard(shardId);
        if (cluster instanceof RecordedCluster) this.followToEnd(cluster, this.session, shardId);
        await this.session.run(signal);
      } catch (error) {
        if (isAuditError(error, 'writer-fenced') || isAuditError(error, 'shard-closed')) {
          this.isClosed = error.code === 'shard-closed';
          this.fence(error);
          return true;
        }
        await this.wait(error, backOff, 'recording broke off, trying again');
      } finally {
        this.session = undefined;
      }
    }
    return false;
  }

  /** A recording ends, and the service stays to answer. */
  private followToEnd({ recorded }: RecordedCluster, session: Session, shardId: number): void {
    this.recordingEnd = undefined;
    void recorded.ended.then(async (end) => {
      if (this.session !== session) return;
      this.recordingEnd = end;
      session.settle();
      const { problem, ...held } = end;
      if (problem) this.logger.error({ error: problem, ...held }, 'the recording could not be read on');
      else this.logger.info(held, 'the recording was read to its end');
      await this.tellShard(shardId);
    });
  }

  private fence(error: Error): void {
    this.trouble = error;
    this.state = 'fenced';
    this.logger.error({ error }, this.isClosed ? 'the shard was closed' : 'another recorder took over');
  }

  private async wait(error: unknown, backOff: BackOff, said: string): Promise<void> {
    if (this.end.signal.aborted) return;
    this.trouble = toError(error);
    const waitMs = Math.round(backOff.next());
    this.logger.warn({ error: isKubernetesError(error) ? error.message : error, waitMs }, said);
    await sleep(waitMs, undefined, { signal: this.end.signal }).catch(() => undefined);
  }

  /** Keeps the shard's row true: that its cluster is seen, and what cannot be known. */
  private async tellShard(shardId: number): Promise<void> {
    try {
      await this.session?.reviewRights();
      await this.lookWhoDivides();
      const { unknowns, watches, remedy, error } = this.status;
      const dividedByServer = this.slice?.selector?.isHeeded;
      const rights = JSON.stringify(unknowns);
      const areOtherRights = this.session !== undefined && rights !== this.told.rights;
      const isOtherDivision = this.session !== undefined && dividedByServer !== this.told.dividedByServer;
      const isNews = areOtherRights || isOtherDivision;
      const { cluster } = this.needs;
      const isRecorded = cluster instanceof RecordedCluster;
      if (areOtherRights && unknowns.length > 0 && !isRecorded)
        this.logger.warn({ unknowns, error, remedy }, 'rights are missing');
      if (isOtherDivision) this.logger.info({ dividedByServer }, 'who divides slices has changed');
      // An update says that the cluster is seen: while it is not, only news are worth that.
      if (!isNews && !isRecorded && !watches.some(isSeeing)) return;
      await this.shards.update(shardId, {
        unknowns,
        dividedByServer,
        ...(isRecorded && { recordedUntil: cluster.recorded.shownUntil }),
      });
      this.told = { rights, dividedByServer };
    } catch (error) {
      this.logger.warn({ error }, 'shard could not be updated');
    }
  }
}

/** Whether pods are seen at this moment: their watch is open, and a bookmark of every minute was not missed. */
function isSeeing({ resource, state, contactAt }: WatchStatus): boolean {
  return resource === 'pods' && state === 'watching' && Date.now() - Date.parse(contactAt ?? '') < contactMs;
}

/** Rejects when `signal` comes first: nobody who stops should wait for a server that does not answer. */
async function unlessAborted<Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
  return Promise.race([answer, aborted]);
}

/** What keeps it from recording, if that is known. */
function told(
  what: Readonly<{ error?: string | null; message?: string; remedy?: string | undefined }> | undefined,
): Pick<RecorderStatus, 'error' | 'remedy'> | undefined {
  return what && { error: what.error ?? what.message ?? null, remedy: what.remedy ?? null };
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function remedyOf(error: Error | undefined): string | null {
  if (isAuditError(error)) return error.remedy ?? null;
  if (isKubernetesError(error, 'unreachable') && /certificate|self.signed/iu.test(error.message))
    return 'Give the certificate authority of the cluster in the kubeconfig (certificate-authority-data).';
  if (isKubernetesError(error, 'unreachable'))
    return 'Check that the API server of this context can be reached from here.';
  if (isKubernetesError(error, 'unauthorized', 'credentials'))
    return 'Log in to the cluster anew, or choose another context.';
  return null;
}

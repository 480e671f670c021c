/** All that one batch writes, but for the bookmark. Filled by the fold, written by `batch-tables.ts`. */
import type { Happening, KubeEventObserved, ObservationGap, Parts, WatchOpened } from '#libs/init-history';
import type { ContextVersion } from '../context/context-version.js';
import { toWatchDoc } from '../context/watch-doc.js';
import { StatsChanges } from '../statistics/stats-changes.js';
import { kept, type Kept } from './kept-rows.js';
import type { Input } from './pod-fold.js';
import type { FindingRow, InitAttemptRow, PodInitRow } from './read-model-rows.js';
import type { PodRows } from './tell.js';
import { VersionLedger } from './version-ledger.js';
import type { Count, RowsInForce } from './version-ledger.js';

/** A pod begins or ceases to rest on a piece of context. */
export type PodContextRow = Readonly<{ shard_id: number; kind: string; key: string; pod_uid: string }>;

/** A stream is parked. */
export type QuarantineRow = Readonly<{
  shard_id: number;
  name: string;
  stream_id: string;
  position: number;
  recorded_at: string;
  error: string;
}>;

type Row = Readonly<Record<string, unknown>>;

export class BatchRows {
  readonly happenings: Row[] = [];
  readonly kubeEvents: Row[] = [];
  readonly gaps: Row[] = [];
  readonly contexts: Row[] = [];
  readonly quarantined: QuarantineRow[] = [];
  /** Static pods whose Events until now stood under their own uid, and the mirrors that they belong to. */
  readonly claims: Readonly<{ twin: string; podUid: string }>[] = [];
  readonly inits = new VersionLedger<Kept<PodInitRow>>(kept);
  readonly attempts = new VersionLedger<Kept<InitAttemptRow>>(kept);
  readonly findings = new VersionLedger<Kept<FindingRow>>(kept);
  readonly stats: StatsChanges;
  readonly #podContexts = new Map<string, Readonly<{ row: PodContextRow; rests: boolean }>>();
  #ordinal = { position: -1, next: 0 };

  constructor(readonly shardId: number) {
    this.stats = new StatsChanges(shardId);
  }

  /**
   * Opens and closes versions of a pod's rows, and counts what that changes.
   *
   * @returns what is in force now, and what was counted
   */
  move(
    podUid: string,
    before: RowsInForce,
    next: PodRows,
    position: number,
  ): Readonly<{ inForce: RowsInForce; counts: readonly Count[] }> {
    const inits = this.inits.move(podUid, before.inits, next.inits, position);
    const attempts = this.attempts.move(podUid, before.attempts, next.attempts, position);
    const findings = this.findings.move(podUid, before.findings, next.findings, position);
    const counts = [...inits.counts, ...attempts.counts];
    for (const count of counts) this.stats.add(count);
    return { inForce: { inits: inits.inForce, attempts: attempts.inForce, findings: findings.inForce }, counts };
  }

  /** Numbers happenings within the position at which they became known, in the order in which they are added. */
  addHappenings(
    pod: Readonly<{ uid: string; namespace: string }>,
    position: number,
    happenings: readonly Happening[],
  ): void {
    if (this.#ordinal.position !== position) this.#ordinal = { position, next: 0 };
    for (const happening of happenings) {
      this.happenings.push({
        shard_id: this.shardId,
        position,
        ordinal: this.#ordinal.next++,
        happening_id: happening.id,
        pod_uid: pod.uid,
        namespace: pod.namespace,
        type: happening.type,
        at: happening.at,
        observed_at: happening.observedAt,
        basis: happening.basis,
        container: happening.container,
        rules: happening.rules,
        doc: happening,
      });
    }
  }

  addKubeEvent({ position, observation: { event } }: Input<KubeEventObserved>, podUid: string): void {
    this.kubeEvents.push({
      shard_id: this.shardId,
      position,
      pod_uid: podUid,
      event_uid: event.uid,
      namespace: event.namespace,
      reason: event.reason ?? null,
      type: event.type ?? null,
      container: /\{(.+)\}$/.exec(event.involvedObject.fieldPath ?? '')?.[1] ?? null,
      message: event.message ?? null,
      count: event.series?.count ?? event.count ?? 1,
      at: event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? null,
      doc: event,
    });
  }

  /** @param podsAlive how many pods lived in it, as far as was known */
  addGap({ position, recordedAt, observation }: Input<ObservationGap>, podsAlive: number): void {
    this.gaps.push({
      shard_id: this.shardId,
      position,
      recorded_at: recordedAt,
      resource: observation.resource,
      namespace: observation.namespace,
      from_at: observation.from,
      to_at: observation.to,
      cause: observation.cause,
      doc: observation,
      pods_alive: podsAlive,
    });
  }

  addContext({ kind, uid, position, recordedAt, name, gone, via, receivedAt, doc }: ContextVersion): void {
    this.#addContext({ kind, uid, position, recorded_at: recordedAt, name, gone, via, received_at: receivedAt, doc });
  }

  addWatch({ streamId, position, recordedAt, observation }: Input<WatchOpened>): void {
    const { resource, namespace, via, receivedAt } = observation;
    this.#addContext({
      kind: 'watch',
      uid: streamId,
      position,
      recorded_at: recordedAt,
      name: namespace === null ? resource : `${resource}/${namespace}`,
      gone: false,
      via,
      received_at: receivedAt,
      doc: toWatchDoc(observation),
    });
  }

  addTwin(twin: string, podUid: string, { position, recordedAt, observation }: Input): void {
    this.#addContext({
      kind: 'twin',
      uid: twin,
      position,
      recorded_at: recordedAt,
      name: podUid,
      gone: false,
      via: observation.via,
      received_at: observation.receivedAt,
      doc: {},
    });
  }

  /** @param rests whether the pod's account rests on `key` from now on */
  restOn(podUid: string, key: string, rests: boolean): void {
    const split = key.indexOf(':');
    const row = { shard_id: this.shardId, kind: key.slice(0, split), key: key.slice(split + 1), pod_uid: podUid };
    this.#podContexts.set(`${key} ${podUid}`, { row, rests });
  }

  podContexts(rests: boolean): readonly PodContextRow[] {
    return [...this.#podContexts.values()].filter((each) => each.rests === rests).map(({ row }) => row);
  }

  #addContext(row: Row & Readonly<{ doc: Parts }>): void {
    this.contexts.push({ shard_id: this.shardId, ...row });
  }
}

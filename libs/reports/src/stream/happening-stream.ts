import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import { joined, sql, type Sql } from '../asking/sql.js';
import { toHappening, type HappeningRow } from '../pods/pod-records.js';
import { isUid } from '../pods/pod-uid.js';
import { ReportReader, type Reading } from '../reading/report-reader.js';
import { wrongParameter } from '../shapes/wrong-parameter.js';
import { streamId, streamPlaceOf, toEvent, type StreamPlace } from './stream-place.js';
import type { StreamFilter } from './stream.schema.js';

/** What a listener asks, and how it is served. Times in milliseconds. */
export type Listening = Readonly<{
  filter: StreamFilter;
  /** The id of the last event it was told, as it says; undefined begins with what comes. */
  lastEventId: string | undefined;
  signal: AbortSignal;
}>;

type Pace = Readonly<{ pollMs: number; heartbeatMs: number; batch: number; farBehind: number }>;

const pace: Pace = { pollMs: 150, heartbeatMs: 15_000, batch: 200, farBehind: 5_000 };

type Batch = Readonly<{ rows: readonly HappeningRow[]; place: StreamPlace; waiting: number }>;

/**
 * Happenings as server-sent events. A listener is served from the store, from where it was told last, and waits where there is
 * no more: so there is no seam between the past and what comes, hence no hole and no duplicate. Nothing is held for a listener
 * but the batch in hand; one that was up to date and then falls far behind is let go with `event: lagged`.
 */
@Injectable()
export class HappeningStream implements BeforeApplicationShutdown {
  private readonly closing = new AbortController();

  constructor(private readonly reader: ReportReader) {}

  beforeApplicationShutdown(): void {
    this.closing.abort();
  }

  /**
   * Where a listener begins.
   *
   * @throws AuditError `query-invalid` where the id is none of ours
   */
  begin(viewer: Viewer, { filter, lastEventId }: Pick<Listening, 'filter' | 'lastEventId'>): Promise<StreamPlace> {
    const wrong = filter.pod?.find((uid) => !isUid(uid));
    if (wrong !== undefined) throw wrongParameter('pod', 'is not the UID of a pod');
    const asked = lastEventId === undefined || lastEventId === '0' ? undefined : streamPlaceOf(lastEventId);
    if (lastEventId !== undefined && lastEventId !== '0' && !asked)
      throw wrongParameter('Last-Event-ID', 'is not an id of this stream');
    return this.reader.read(viewer, {}, (reading) => {
      const start = reading.shards.map(
        ({ shardId }) => [shardId, this.startOf(reading, shardId, lastEventId, asked)] as const,
      );
      return Promise.resolve({ rules: asked?.rules ?? reading.rules, shards: new Map(start) });
    });
  }

  private startOf(
    reading: Reading,
    shardId: number,
    lastEventId: string | undefined,
    asked: StreamPlace | undefined,
  ): readonly [number, number] {
    if (lastEventId === '0') return [-1, -1];
    const told = reading.place.positions[String(shardId)] ?? -1;
    return asked?.shards.get(shardId) ?? [told, Number.MAX_SAFE_INTEGER];
  }

  /** The text of the stream, piece by piece, until the listener goes, the process stops, or it has fallen far behind. */
  async *listen(viewer: Viewer, listening: Listening, from: StreamPlace, at: Pace = pace): AsyncGenerator<string> {
    const signal = AbortSignal.any([listening.signal, this.closing.signal]);
    let place = from;
    let isUpToDate = false;
    let spokenAt = Date.now();
    yield `retry: 3000\n: from ${streamId(place)}\n\n`;
    while (!signal.aborted) {
      const batch = await this.next(viewer, listening.filter, place, at);
      if (batch.place.rules !== place.rules) {
        // What was told stays told; what follows is told as the new rules read it.
        yield toEvent('rulesChanged', streamId({ ...place, rules: batch.place.rules }), {
          from: place.rules,
          to: batch.place.rules,
        });
      }
      if (isUpToDate && batch.waiting > at.farBehind) {
        yield toEvent('lagged', streamId(place), {
          detail: 'You were too slow; come again with this id to read on from the store',
        });
        return;
      }
      for (const row of batch.rows) {
        place = movedTo({ ...place, rules: batch.place.rules }, row);
        yield toEvent('happening', streamId(place), toHappening(row));
      }
      place = batch.place;
      if (batch.rows.length > 0) spokenAt = Date.now();
      if (batch.rows.length === at.batch) continue;
      isUpToDate = true;
      if (Date.now() - spokenAt >= at.heartbeatMs) {
        spokenAt = Date.now();
        yield `: ${streamId(place)}\n\n`;
      }
      await pause(at.pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private next(viewer: Viewer, filter: StreamFilter, place: StreamPlace, { batch, farBehind }: Pace): Promise<Batch> {
    return this.reader.read(viewer, {}, async (reading) => {
      const shards = reading.shards.filter(({ cluster }) => !filter.cluster || filter.cluster.includes(cluster));
      const told = new Map(
        reading.shards.map(({ shardId }) => [shardId, place.shards.get(shardId) ?? ([-1, -1] as const)]),
      );
      const conditions = shards.map(({ shardId }) => {
        const [position, ordinal] = told.get(shardId) ?? [-1, -1];
        const newest = reading.place.positions[String(shardId)] ?? -1;
        return sql`(h.shard_id = ${shardId} AND (h.position, h.ordinal::bigint) > (${position}::bigint, ${ordinal}::bigint) AND h.position <= ${newest})`;
      });
      const after = conditions.length === 0 ? sql`false` : sql`(${joined(conditions, ' OR ')})`;
      const chosen = joined([after, seen(reading), ...chosenBy(filter)], ' AND ');
      const rows = await reading.snapshot.rows<HappeningRow>(sql`
        SELECT h.shard_id, h.position::float8 AS position, h.ordinal, h.pod_uid::text AS pod_uid, h.namespace, h.doc
        FROM happening AS h
        WHERE ${chosen}
        ORDER BY h.position, h.shard_id, h.ordinal
        LIMIT ${batch}`);
      const waiting = rows.length < batch ? rows.length : await count(reading, chosen, farBehind + 1);
      const last = rows.reduce<StreamPlace>(movedTo, { rules: reading.rules, shards: told });
      return { rows, place: rows.length < batch ? atNewest(reading, last) : last, waiting };
    });
  }
}

/** What a listener has been told once this happening was. */
const movedTo = (place: StreamPlace, row: HappeningRow): StreamPlace => ({
  rules: place.rules,
  shards: new Map(place.shards).set(row.shard_id, [row.position, row.ordinal]),
});

/** All up to the newest position was looked through: what the filter left out need not be looked at again. */
const atNewest = (reading: Reading, place: StreamPlace): StreamPlace => ({
  rules: place.rules,
  shards: new Map(
    [...place.shards].map(([shardId, last]) => {
      const newest = reading.place.positions[String(shardId)] ?? -1;
      return [shardId, newest >= last[0] ? ([newest, Number.MAX_SAFE_INTEGER] as const) : last];
    }),
  ),
});

async function count(reading: Reading, chosen: Sql, upTo: number): Promise<number> {
  const [row] = await reading.snapshot.rows<{ waiting: number }>(sql`
    SELECT count(*)::int AS waiting FROM (SELECT FROM happening AS h WHERE ${chosen} LIMIT ${upTo}) AS found`);
  return row?.waiting ?? 0;
}

/** Happenings name no UID of their namespace: their pod does. */
const seen = (reading: Reading): Sql =>
  reading.viewer.pods === 'all'
    ? sql`true`
    : sql`EXISTS (SELECT FROM pod_init AS p WHERE p.shard_id = h.shard_id AND p.pod_uid = h.pod_uid AND p.newest AND p.valid_to IS NULL
                  AND p.namespace_uid::text = ANY(${[...reading.viewer.pods.values()]}))`;

function chosenBy({ namespace, pod, type }: StreamFilter): Sql[] {
  const conditions: Sql[] = [];
  if (namespace) conditions.push(sql`h.namespace = ANY(${namespace})`);
  if (pod) conditions.push(sql`h.pod_uid = ANY(${pod}::uuid[])`);
  if (type) conditions.push(sql`h.type = ANY(${type})`);
  return conditions;
}

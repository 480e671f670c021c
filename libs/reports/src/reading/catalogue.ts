import { servedProjections } from '#libs/projections';
import { sql } from '../asking/sql.js';
import type { Snapshot } from './reports-database.js';
import type { Horizon, Progress } from './place.js';
import type { Shard, Source, Unknown } from './shards.js';

type ShardRow = Readonly<{
  shard_id: number;
  cluster_name: string;
  cluster_uid: string;
  source: Source;
  identity: string;
  server: string | null;
  server_version: string | null;
  unknowns: unknown;
  created_at: number;
  seen_at: number;
  recorded_until: number | null;
  slice: number | null;
  slices: number | null;
  is_cut: boolean;
  divided_by_server: boolean | null;
  predecessors: readonly number[];
  closed_at: number | null;
}>;

/** Every shard of the store. */
export async function allShards(snapshot: Snapshot): Promise<Shard[]> {
  const rows = await snapshot.rows<ShardRow>(sql`
    SELECT shard_id, cluster_name, cluster_uid, source, identity, server, server_version, unknowns::text AS unknowns,
           (extract(epoch FROM created_at) * 1000)::float8 AS created_at,
           (extract(epoch FROM seen_at) * 1000)::float8 AS seen_at,
           (extract(epoch FROM recorded_until) * 1000)::float8 AS recorded_until, slice, slices,
           slice_cuts IS NOT NULL AS is_cut, divided_by_server, predecessors,
           (extract(epoch FROM closed_at) * 1000)::float8 AS closed_at
    FROM shard
    ORDER BY shard_id`);
  return rows.map((row) => ({
    shardId: row.shard_id,
    cluster: row.cluster_name,
    clusterUid: row.cluster_uid,
    source: row.source,
    identity: row.identity,
    server: row.server,
    serverVersion: row.server_version,
    unknowns: unknownsOf(row.unknowns),
    createdAt: row.created_at,
    seenAt: row.seen_at,
    recordedUntil: row.recorded_until,
    slice: row.slice === null || row.slices === null ? null : { nth: row.slice, of: row.slices },
    division: row.slice === null ? null : { by: row.is_cut ? 'range' : 'hash', byServer: row.divided_by_server },
    predecessors: row.predecessors,
    closedAt: row.closed_at,
  }));
}

const unknownsOf = (text: unknown): Unknown[] => (typeof text === 'string' ? (JSON.parse(text) as Unknown[]) : []);

/**
 * How far each shard is projected and recorded. A shard's read models are told as far as the projection that is furthest
 * behind, so that no two of them contradict each other.
 */
export async function progressOf(snapshot: Snapshot, shardIds: readonly number[]): Promise<Progress[]> {
  const rows = await snapshot.rows<{
    shard_id: number;
    projected: number;
    recorded: number;
    waiting_since: number | null;
    rules: string | null;
  }>(sql`
    SELECT head.shard_id, coalesce(mark.position, -1)::float8 AS projected, (head.size - 1)::float8 AS recorded, mark.rules,
           (extract(epoch FROM waiting.recorded_at) * 1000)::float8 AS waiting_since
    FROM shard_head AS head
    LEFT JOIN LATERAL (
      SELECT position, recorded_at, rules
      FROM projection_bookmark
      WHERE shard_id = head.shard_id AND name = ANY(${servedProjections})
      ORDER BY position
      LIMIT 1
    ) AS mark ON true
    LEFT JOIN LATERAL (
      SELECT recorded_at
      FROM event
      WHERE event.shard_id = head.shard_id
        AND event.position = coalesce(mark.position, -1) + 1
        AND event.recorded_at >= coalesce(mark.recorded_at, '-infinity')
      LIMIT 1
    ) AS waiting ON true
    WHERE head.shard_id = ANY(${shardIds})
    ORDER BY head.shard_id`);
  return rows.map((row) => ({
    shardId: row.shard_id,
    projected: row.projected,
    recorded: row.recorded,
    waitingSince: row.waiting_since,
    rules: row.rules,
  }));
}

/** From where on each shard is kept; where nothing is left of it, from what comes next. */
export async function horizonsOf(snapshot: Snapshot, shardIds: readonly number[]): Promise<Horizon[]> {
  const rows = await snapshot.rows<{
    shard_id: number;
    position: number;
    recorded_at: number;
    frozen: Horizon['frozen'] | null;
  }>(sql`
    SELECT head.shard_id, head.first_position::float8 AS position,
           (extract(epoch FROM coalesce(first.recorded_at, head.recorded_at)) * 1000)::float8 AS recorded_at,
           CASE WHEN head.first_position > 0 THEN
             (SELECT json_agg(json_build_object('rules', rules, 'from', from_position, 'to', to_position) ORDER BY to_position)
                FROM frozen_span AS span
               WHERE span.shard_id = head.shard_id AND to_position <= head.first_position AND frozen_at IS NOT NULL)
           END AS frozen
    FROM shard_head AS head
    LEFT JOIN LATERAL (
      SELECT recorded_at FROM event
      WHERE event.shard_id = head.shard_id AND position >= head.first_position ORDER BY position LIMIT 1
    ) AS first ON true
    WHERE head.shard_id = ANY(${shardIds}) AND head.size > 0`);
  return rows.map((row) => ({
    shardId: row.shard_id,
    position: row.position,
    recordedAt: row.recorded_at,
    frozen: row.frozen ?? [],
  }));
}

/** The last position of a shard that was recorded at or before `time` (epoch milliseconds), or -1: by halving, as `recorded_at` never decreases. */
export async function positionAt(snapshot: Snapshot, shardId: number, time: number): Promise<number> {
  const [head] = await snapshot.rows<{ first: number | null; size: number }>(sql`
    SELECT (SELECT position FROM event WHERE event.shard_id = ${shardId} ORDER BY position LIMIT 1)::float8 AS first, size::float8 AS size
    FROM shard_head WHERE shard_id = ${shardId}`);
  let below = (head?.first ?? 0) - 1;
  let above = head?.size ?? 0;
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    const [row] = await snapshot.rows<{ by_then: boolean }>(sql`
      SELECT recorded_at <= to_timestamp(${time / 1000}) AS by_then FROM event WHERE shard_id = ${shardId} AND position = ${middle}`);
    if (row?.by_then ?? true) below = middle;
    else above = middle;
  }
  return below;
}

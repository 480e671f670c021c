import { holdsIn } from '#libs/access';
import { sql } from '../asking/sql.js';
import { toTime } from '../asking/times.js';
import type { Cursor } from '../asking/cursor.js';
import type { Reading } from '../reading/report-reader.js';
import { millis, moment } from '../reading/versions.js';
import type { Annotation, Happening, ObservationView } from '../shapes/happening.js';
import { mayReadLogs } from './pod-logs.js';
import { positionOf, type ToldPod } from './to-pod.js';

const reached = (reading: Reading, shardId: number): number => reading.place.positions[String(shardId)] ?? -1;

/** The row of a happening. */
export type HappeningRow = Readonly<{
  shard_id: number;
  position: number;
  ordinal: number;
  pod_uid: string;
  namespace: string;
  doc: Omit<Happening, 'evidence' | 'gap' | 'position'> &
    Readonly<{ evidence: readonly number[]; gap?: number | null }>;
}>;

/** The contract's Happening, with its positions as `shard:number`. */
export const toHappening = (row: HappeningRow): Happening =>
  ({
    ...row.doc,
    evidence: row.doc.evidence.map((one) => positionOf(row.shard_id, one)),
    gap: row.doc.gap === null || row.doc.gap === undefined ? null : positionOf(row.shard_id, row.doc.gap),
    position: positionOf(row.shard_id, row.position),
    podUid: row.pod_uid,
    namespace: row.namespace,
  }) as Happening;

/** What happened to a pod, in the order it was derived. Asked `at` a moment, what happened by then. */
export async function happeningsOf(reading: Reading, shardId: number, uid: string): Promise<Happening[]> {
  const rows = await reading.snapshot.rows<HappeningRow>(sql`
    SELECT shard_id, position::float8 AS position, ordinal, pod_uid::text AS pod_uid, namespace, doc
    FROM happening
    WHERE shard_id = ${shardId} AND pod_uid = ${uid}::uuid AND position <= ${reached(reading, shardId)}
      AND ${reading.at === null ? sql`true` : sql`coalesce(at, observed_at) <= ${moment(reading.at)}`}
    ORDER BY position, ordinal`);
  return rows.map(toHappening);
}

/** Whether the text of Events about this pod may be told. */
const mayReadEvents = (reading: Reading, { account }: ToldPod): boolean =>
  holdsIn(reading.viewer.events, account.namespace, account.namespaceUid);

/** What Kubernetes Events said of a pod, in the order they were recorded. */
export async function annotationsOf(reading: Reading, told: ToldPod): Promise<Annotation[]> {
  const { shardId, account } = told;
  const rows = await reading.snapshot.rows<Omit<Annotation, 'at'> & { position: number; at: number | null }>(sql`
    SELECT position::float8 AS position, ${millis('at')} AS at, reason, type, container, message, count
    FROM kube_event
    WHERE shard_id = ${shardId} AND pod_uid = ${account.uid}::uuid AND position <= ${reached(reading, shardId)}
      AND ${reading.at === null ? sql`true` : sql`at <= ${moment(reading.at)}`}
    ORDER BY position`);
  const isReadable = mayReadEvents(reading, told);
  return rows.map((row) => ({
    ...row,
    position: positionOf(shardId, row.position),
    at: row.at === null ? null : toTime(row.at),
    message: isReadable ? row.message : null,
  }));
}

type EventRow = Readonly<{
  position: number;
  recorded_at: string;
  event_id: string;
  stream_id: string;
  type: string;
  schema_ver: number;
  body: string | null;
}>;

/** A pod's observations after a position, as stored; those of a static pod's Events are in the stream of its own uid. */
export async function observationsOf(
  reading: Reading,
  told: ToldPod,
  page: Readonly<{ after: number; limit: number }>,
): Promise<(ObservationView & { after: Cursor['after'] })[]> {
  const { shardId, account } = told;
  const rows = await reading.snapshot.rows<EventRow>(sql`
    SELECT position::float8 AS position, to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at,
           event_id::text AS event_id, stream_id::text AS stream_id, type, schema_ver, body::text AS body
    FROM event
    WHERE shard_id = ${shardId} AND position > ${page.after} AND position <= ${reached(reading, shardId)}
      AND position IN (
        SELECT position FROM event WHERE shard_id = ${shardId} AND stream_id = ${account.uid}::uuid
        UNION
        SELECT position FROM kube_event WHERE shard_id = ${shardId} AND pod_uid = ${account.uid}::uuid)
    ORDER BY position
    LIMIT ${page.limit}`);
  const readable = { events: mayReadEvents(reading, told), logs: mayReadLogs(reading, told) };
  return rows.map((row) => ({
    position: positionOf(shardId, row.position),
    recordedAt: row.recorded_at,
    eventId: row.event_id,
    stream: row.stream_id,
    type: row.type,
    schemaVersion: row.schema_ver,
    erased: row.body === null,
    body: row.body === null ? null : bodyOf(row.body, readable),
    after: [row.position],
  }));
}

/** Texts of Events and of logs are rights of their own. */
function bodyOf(text: string, readable: Readonly<{ events: boolean; logs: boolean }>): Record<string, unknown> {
  const body = JSON.parse(text) as Record<string, unknown>;
  if (body['type'] === 'InitLogCaptured') return readable.logs ? body : { ...body, text: null };
  const { event } = body;
  if (readable.events || typeof event !== 'object' || event === null) return body;
  return { ...body, event: { ...event, message: null } };
}

import { Injectable } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import type { PodAccount } from '#libs/init-history';
import { AuditError } from '#libs/platform';
import { foldPod } from '#libs/projections';
import { askedHash, type Cursor } from '../asking/cursor.js';
import { sql, word } from '../asking/sql.js';
import { positionAt } from '../reading/catalogue.js';
import { pageOf, pinnedBy } from '../reading/pages.js';
import { nowOf } from '../reading/present.js';
import { metaOf, ReportReader, type Reading, type Span, type Viewpoint } from '../reading/report-reader.js';
import { inForceOnce } from '../reading/handed-over.js';
import { inForce, inForceAt, millis, ofNamespacesSeen } from '../reading/versions.js';
import type { List, Meta, One } from '../shapes/common.js';
import type { ObservationView, Timeline } from '../shapes/happening.js';
import type { LogTail } from '../shapes/log-tail.js';
import type { PodDetail } from '../shapes/pod.js';
import { logTailsOf } from './pod-logs.js';
import { annotationsOf, happeningsOf, observationsOf } from './pod-records.js';
import { isUid } from './pod-uid.js';
import { toPodDetail, withheldOfPods, type ToldPod } from './to-pod.js';
import { waitsWithOthers } from './waits-with-others.js';
import { waterfall } from './waterfall.js';

/** The pages of one pod's observations. */
export type ObservationsAsked = Viewpoint & Readonly<{ limit: number; cursor?: string | undefined }>;

/** Tells of one pod: how it initialized, what happened, and what was seen of it. */
@Injectable()
export class PodQuery {
  constructor(private readonly reader: ReportReader) {}

  /** @throws AuditError `pod-unknown` where nothing was recorded of it, or the viewer may not see it */
  get(viewer: Viewer, uid: string, viewpoint: Viewpoint): Promise<One<PodDetail>> {
    return this.reader.read(viewer, viewpoint, async (reading) => {
      const told = await podAt(reading, uid);
      const more = await waitsWithOthers(reading, told);
      const account = { ...told.account, findings: [...told.account.findings, ...more] };
      const data = toPodDetail(reading, { ...told, account });
      return { data, meta: await metaOf(reading, spanOf(data), withheldOfPods(reading)) };
    });
  }

  /** Its happenings and the waterfall made of them. Throws like {@link get}. */
  timeline(viewer: Viewer, uid: string, viewpoint: Viewpoint): Promise<One<Timeline>> {
    return this.reader.read(viewer, viewpoint, async (reading) => {
      const told = await podAt(reading, uid);
      const pod = toPodDetail(reading, told);
      const happenings = await happeningsOf(reading, told.shardId, uid);
      const annotations = await annotationsOf(reading, told);
      const data = { happenings, waterfall: waterfall(pod, happenings), annotations };
      return { data, meta: await metaOf(reading, spanOf(pod), withheldOfEvents(reading, 'annotations.message')) };
    });
  }

  /** Its observations as they were stored, oldest first. Throws like {@link get}, and `cursor-invalid`. */
  observations(viewer: Viewer, uid: string, asked: ObservationsAsked): Promise<List<ObservationView>> {
    return this.pages(viewer, { uid, kind: 'events', asked }, observationsOf, (reading) => [
      ...withheldOfEvents(reading, 'body.event.message'),
      ...withheldOfLogs(reading, 'body.text'),
    ]);
  }

  /** The recorded ends of the logs of its failed attempts, oldest first. Throws like {@link observations}. */
  logs(viewer: Viewer, uid: string, asked: ObservationsAsked): Promise<List<LogTail>> {
    return this.pages(viewer, { uid, kind: 'logs', asked }, logTailsOf, (reading) => [
      ...withheldOfPods(reading),
      ...withheldOfLogs(reading, 'text'),
    ]);
  }

  /** What is told of a pod position by position. */
  private pages<Item>(
    viewer: Viewer,
    { uid, kind, asked }: Readonly<{ uid: string; kind: string; asked: ObservationsAsked }>,
    itemsOf: (
      reading: Reading,
      told: ToldPod,
      page: Readonly<{ after: number; limit: number }>,
    ) => Promise<readonly (Item & { after: Cursor['after'] })[]>,
    withheld: (reading: Reading) => Meta['withheld'],
  ): Promise<List<Item>> {
    const hash = askedHash(`pods/${uid}/${kind}`, { asOf: asked.asOf });
    const cursor = pinnedBy(asked.cursor, hash);
    const after = cursor?.after[0] ?? -1;
    return this.reader.read(
      viewer,
      asked,
      async (reading) => {
        const told = await podAt(reading, uid);
        const rows = await itemsOf(reading, told, {
          after: typeof after === 'number' ? after : -1,
          limit: asked.limit + 1,
        });
        const { rows: kept, page, cursorAt } = pageOf(rows, asked.limit, hash, reading.place);
        const items = kept.map(({ after: _after, ...item }) => item as Item);
        const meta = await metaOf(reading, spanOf(toPodDetail(reading, told)), withheld(reading));
        // Of what was dropped there is nothing to show.
        return { items, page, cursorAt, meta: { ...meta, complete: meta.complete && !told.frozen } };
      },
      cursor?.place,
    );
  }
}

/**
 * A pod as of the reading's place, folded from its observations again: what it stands on is the evidence, not a row.
 *
 * @throws AuditError `pod-unknown`
 */
export async function podAt(reading: Reading, uid: string): Promise<ToldPod> {
  const newest = isUid(uid) ? await newestRow(reading, uid) : undefined;
  if (!newest) throw unknown(uid);
  const shardId = newest.shard_id;
  const upTo = reading.place.positions[String(shardId)] ?? -1;
  const folded = await foldPod(reading.log, reading.snapshot.queryable, { shardId, podUid: uid, upTo });
  const now = nowOf(reading, shardId);
  const told = folded
    ? { account: folded.account(now), toldAt: now, frozen: folded.frozen }
    : { account: await keptAccount(reading, newest), toldAt: newest.told_at, frozen: frozenAt(reading, newest) };

  const { createdAt } = told.account;
  if (reading.at !== null && (createdAt === null || Date.parse(createdAt) > reading.at)) throw unknown(uid);
  const cells = reading.at === null ? null : await cellsAt(reading, shardId, uid, reading.at);
  return { shardId, ...told, deadline: newest.deadline, cells };
}

/** What the row was told from, where that is gone. */
function frozenAt({ horizons }: Reading, { shard_id, valid_from }: NewestRow): NonNullable<ToldPod['frozen']> | null {
  const horizon = horizons.find(({ shardId }) => shardId === shard_id);
  const span = horizon?.frozen.find(({ from, to }) => valid_from >= from && valid_from < to);
  return horizon && span ? { before: horizon.position, rules: span.rules } : null;
}

type NewestRow = Readonly<{
  shard_id: number;
  valid_from: number;
  pod_uid: string;
  told_at: number;
  deadline: number | null;
  doc: PodAccount;
}>;

async function newestRow(reading: Reading, uid: string): Promise<NewestRow | undefined> {
  const rows = await reading.snapshot.rows<NewestRow>(sql`
    SELECT p.shard_id, p.valid_from::float8 AS valid_from, p.pod_uid::text AS pod_uid, ${millis('p.told_at')} AS told_at, ${millis('p.deadline_at')} AS deadline, p.doc
    FROM pod_init AS p
    WHERE p.pod_uid = ${uid}::uuid AND p.newest AND ${inForceOnce(reading, 'p')}
      AND ${ofNamespacesSeen(reading, sql`p.namespace_uid`)}
    ORDER BY p.shard_id
    LIMIT 1`);
  return rows[0];
}

/** What the read models keep of a pod whose observations are gone: its cycles as rows, the newest with all the rest. */
async function keptAccount(reading: Reading, newest: NewestRow): Promise<PodAccount> {
  const rows = await reading.snapshot.rows<{ doc: Pick<PodAccount, 'cycles'> }>(sql`
    SELECT p.doc FROM pod_init AS p
    WHERE p.shard_id = ${newest.shard_id} AND p.pod_uid = ${newest.pod_uid}::uuid AND ${inForce(reading, 'p')}
    ORDER BY p.cycle`);
  return { ...newest.doc, cycles: rows.flatMap(({ doc }) => doc.cycles) };
}

/** The cells that kubectl printed of the pod when it was last recorded at or before `at`. */
async function cellsAt(reading: Reading, shardId: number, uid: string, at: number): Promise<ToldPod['cells']> {
  const position = await positionAt(reading.snapshot, shardId, at);
  const [row] = await reading.snapshot.rows<{ cells: NonNullable<ToldPod['cells']> }>(sql`
    SELECT jsonb_build_object('status', v.doc->'status', 'ready', v.doc->'ready', 'restarts', v.doc->'restarts',
                              'lastRestartAt', v.doc->'lastRestartAt') AS cells
    FROM pod_init AS v
    WHERE v.pod_uid = ${uid}::uuid AND v.newest AND ${inForceAt(word('v'), shardId, position)}`);
  return row?.cells ?? null;
}

/** While the pod initializes: what went unseen then may be missing here. */
function spanOf({ createdAt, cycles, cluster }: PodDetail): Span {
  const end = cycles.at(-1)?.endedAt ?? null;
  return {
    from: createdAt === null ? null : Date.parse(createdAt),
    to: end === null ? null : Date.parse(end),
    clusters: [cluster],
  };
}

const withheldOfEvents = (reading: Reading, field: string): Meta['withheld'] =>
  reading.viewer.events === 'all'
    ? withheldOfPods(reading)
    : [...withheldOfPods(reading), { field, right: 'list events' }];

const withheldOfLogs = (reading: Reading, field: string): Meta['withheld'] =>
  reading.viewer.logs === 'all' ? [] : [{ field, right: 'get pods/log' }];

const unknown = (uid: string): AuditError => new AuditError('pod-unknown', `No pod ${uid} is known here`);

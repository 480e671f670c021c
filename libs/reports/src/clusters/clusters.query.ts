import { Injectable } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import { sql } from '../asking/sql.js';
import { toTime } from '../asking/times.js';
import { positionOf } from '../pods/to-pod.js';
import { onlyPage } from '../reading/pages.js';
import { lagSeconds } from '../reading/place.js';
import { metaOf, ReportReader, type Reading } from '../reading/report-reader.js';
import type { Shard } from '../reading/shards.js';
import { inForceOpen } from '../reading/handed-over.js';
import { millis, ofNamespacesSeen, wasShown } from '../reading/versions.js';
import type { List } from '../shapes/common.js';
import { globalId } from '../shapes/global-id.js';
import type { Cluster, ClustersFilter } from './cluster.schema.js';

/** A recorder says that it is there every ten seconds or so; after this time it is not. */
const notSeenAfterMs = 60_000;

type Watch = Readonly<{ shard_id: number; watch: string; resource_version: string; moved_at: number }>;

/** Tells what is watched, how well, and what is unknown for lack of rights. */
@Injectable()
export class ClustersQuery {
  constructor(private readonly reader: ReportReader) {}

  /** @throws AuditError `query-invalid`, `history-expired`, `position-ahead` */
  list(viewer: Viewer, filter: ClustersFilter): Promise<List<Cluster>> {
    return this.reader.read(viewer, filter, async (reading) => {
      const watches = await watchesOf(reading);
      const parked = await countBy(reading, sql`SELECT shard_id, count(*)::int AS count FROM quarantine GROUP BY 1`);
      const pods = await countBy(
        reading,
        sql`SELECT p.shard_id, count(*)::int AS count FROM pod_init AS p
            WHERE ${inForceOpen(reading, 'p')} AND p.newest AND p.init_containers > 0 AND p.deleted_at IS NULL AND ${wasShown}
              AND ${ofNamespacesSeen(reading, sql`p.namespace_uid`)}
            GROUP BY 1`,
      );
      const items = reading.shards.map((shard) =>
        toCluster(reading, shard, {
          watches: watches.filter(({ shard_id }) => shard_id === shard.shardId),
          parked: parked.get(shard.shardId) ?? 0,
          pods: pods.get(shard.shardId) ?? 0,
        }),
      );
      return { items, page: onlyPage, meta: await metaOf(reading) };
    });
  }
}

const watchesOf = (reading: Reading): Promise<Watch[]> =>
  reading.snapshot.rows<Watch>(sql`
    SELECT shard_id, watch, resource_version, ${millis('moved_at')} AS moved_at
    FROM watch_position
    WHERE shard_id = ANY(${reading.shards.map(({ shardId }) => shardId)})
    ORDER BY shard_id, watch`);

async function countBy(reading: Reading, statement: ReturnType<typeof sql>): Promise<Map<number, number>> {
  const rows = await reading.snapshot.rows<{ shard_id: number; count: number }>(statement);
  return new Map(rows.map((row) => [row.shard_id, row.count]));
}

function toCluster(
  reading: Reading,
  shard: Shard,
  { watches, parked, pods }: Readonly<{ watches: readonly Watch[]; parked: number; pods: number }>,
): Cluster {
  const progress = reading.progress.filter(({ shardId }) => shardId === shard.shardId);
  const lag = lagSeconds(progress, Date.now());
  const [mark] = progress;
  const horizon = reading.horizons.find(({ shardId }) => shardId === shard.shardId);
  const told = reading.place.positions[String(shard.shardId)] ?? -1;
  return {
    id: globalId('Cluster', shard.shardId, shard.cluster),
    cluster: shard.cluster,
    uid: shard.clusterUid,
    identity: shard.identity,
    source: shard.source,
    server: shard.server,
    serverVersion: shard.serverVersion,
    health: healthOf(shard, lag, parked),
    slice: shard.slice,
    division: shard.division,
    predecessors: [...shard.predecessors],
    closedAt: shard.closedAt === null ? null : toTime(shard.closedAt),
    seenAt: toTime(shard.seenAt),
    endedAt: endOf(reading, shard),
    since: toTime(shard.createdAt),
    historyFrom: horizon ? toTime(horizon.recordedAt) : null,
    position: told < 0 ? null : positionOf(shard.shardId, told),
    recordedPosition: !mark || mark.recorded < 0 ? null : positionOf(shard.shardId, mark.recorded),
    projectionLagSeconds: Math.round(lag * 1000) / 1000,
    watches: watches.map((watch) => ({
      watch: watch.watch,
      resourceVersion: watch.resource_version,
      movedAt: toTime(watch.moved_at),
    })),
    unknowns: [...shard.unknowns],
    parkedStreams: parked,
    pods,
  };
}

function healthOf(shard: Shard, lag: number, parked: number): Cluster['health'] {
  if (shard.closedAt !== null) return 'closed';
  const isEnded = hasEnded(shard);
  if (!isEnded && Date.now() - shard.seenAt > notSeenAfterMs) return 'notSeen';
  if (parked > 0) return 'parked';
  if (lag >= 5) return 'catchingUp';
  return isEnded ? 'ended' : 'watching';
}

/** Its recorder says of a recording what is unknown once it has read all of it, and takes that back when it begins again. */
const hasEnded = ({ source, unknowns }: Shard): boolean =>
  source === 'recording' && unknowns.some(({ right }) => right === 'recording');

function endOf({ place }: Reading, shard: Shard): string | null {
  const until = shard.recordedUntil ?? place.recorded?.[String(shard.shardId)];
  return hasEnded(shard) && until !== undefined ? toTime(until) : null;
}

import { AuditError, rowTypes, type Pool, type PoolClient } from '#libs/platform';

import { readCuts, refuseOtherDivision, storedCuts, type ProposedDivision } from './slice-division.js';

/** One of `of` equal parts of a cluster, from 0, by a hash of the namespace. */
export type ShardSlice = Readonly<{ nth: number; of: number }>;

/** What is watched, from where it is known, and what cannot be known of it. */
export type ShardDescription = Readonly<{
  /** What makes it this shard: source kind and cluster uid, or the weaker identity. */
  origin: string;
  clusterUid: string;
  /** What people call it. */
  clusterName: string;
  source: 'kubernetes' | 'demo' | 'recording';
  identity: 'namespaceUid' | 'serverAndCa' | 'recording';
  server: string | null;
  serverVersion: string | null;
  /** What rights are missing, and what is therefore unknown. */
  unknowns: readonly unknown[];
  /** Where the cluster is recorded in slices: which this is. */
  slice?: ShardSlice | undefined;
}>;

/** A shard as it is registered. Times are RFC 3339 with microseconds. */
export type Shard = ShardDescription &
  Readonly<{
    shardId: number;
    createdAt: string;
    seenAt: string;
    /** Of a recording: when the newest line was received that was played of it. */
    recordedUntil: string | null;
    /** Rises with every change of the number of slices. */
    generation: number;
    /** The shards of the generation before, which this one closed. */
    predecessors: readonly number[];
    /** Since when nobody may write observations into it; null while somebody may. */
    closedAt: string | null;
  }>;

/** What of a shard may change while it is watched. */
export type ShardChange = Partial<Pick<ShardDescription, 'clusterName' | 'server' | 'serverVersion' | 'unknowns'>> &
  Readonly<{
    /** Of a recording: when its newest line was received, RFC 3339. It never goes back: a recording that is played again adds nothing. */
    recordedUntil?: string | undefined;
    /** Whether the API server leaves out what is in other slices; without it, what was known stays. */
    dividedByServer?: boolean | undefined;
  }>;

type ShardRow = Readonly<{
  shard_id: number;
  origin: string;
  cluster_uid: string;
  cluster_name: string;
  source: ShardDescription['source'];
  identity: ShardDescription['identity'];
  server: string | null;
  server_version: string | null;
  unknowns: readonly unknown[];
  created_at: string;
  seen_at: string;
  recorded_until: string | null;
  slice: number | null;
  slices: number | null;
  generation: number;
  predecessors: readonly number[];
  closed_at: string | null;
}>;

const COLUMNS =
  'shard_id, origin, cluster_uid, cluster_name, source, identity, server, server_version, unknowns, created_at, seen_at, recorded_until, slice, slices, generation, predecessors, closed_at';

/** Any number of ours: it keeps two recorders from giving one origin two shards. */
const REGISTER_LOCK = 7_411_002;

/** The shards of this ledger: one watched cluster each, or a slice of one. */
export class Shards {
  constructor(private readonly pool: Pool) {}

  /**
   * The shard of this origin, and of this slice of it, made at its first sight; what is known of it is brought up to date. Where the origin
   * was recorded in another number of slices until now, those shards are closed, and their writers fenced: another generation begins. How
   * its slices divide is what its first shard says (`cutsOf`), whatever later ones propose.
   *
   * @throws AuditError `slices-divided-otherwise` where another way is demanded than the generation has
   */
  async register(description: ShardDescription, division: ProposedDivision = {}): Promise<number> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      // The origin alone cannot be unique: every unique index must hold the shard_id. So registering is done one by one.
      await client.query('SELECT pg_advisory_xact_lock($1)', [REGISTER_LOCK]);
      const { shardId, isNew } = await findOrInsert(client, description, division);
      await client.query('COMMIT');
      if (!isNew) await this.update(shardId, description);
      client.release();
      return shardId;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** All shards, the oldest first. */
  async list(): Promise<readonly Shard[]> {
    const { rows } = await this.pool.query<ShardRow>({
      text: `SELECT ${COLUMNS} FROM shard ORDER BY shard_id`,
      types: rowTypes,
    });
    return rows.map(toShard);
  }

  /** Where the hashes of namespaces are cut into the ranges of its slices; undefined where slices are by a hash of ours. */
  async cutsOf(shardId: number): Promise<readonly bigint[] | undefined> {
    const { rows } = await this.pool.query<{ slice_cuts: readonly string[] | null }>(
      'SELECT slice_cuts FROM shard WHERE shard_id = $1',
      [shardId],
    );
    return readCuts(rows[0]?.slice_cuts ?? null);
  }

  /** Since when a shard is closed; null while it is not. @throws AuditError `shard-unknown` */
  async closedAt(shardId: number): Promise<string | null> {
    const { rows } = await this.pool.query<{ closed_at: string | null }>({
      text: 'SELECT closed_at FROM shard WHERE shard_id = $1',
      values: [shardId],
      types: rowTypes,
    });
    if (!rows[0]) throw new AuditError('shard-unknown', `There is no shard ${shardId}.`);
    return rows[0].closed_at;
  }

  /**
   * Notes that the cluster was seen now, and what changed of it.
   *
   * @throws AuditError `shard-unknown`
   */
  async update(shardId: number, change: ShardChange = {}): Promise<void> {
    const { rowCount } = await this.pool.query(
      `UPDATE shard
          SET seen_at = now(),
              cluster_name = coalesce($2, cluster_name),
              server = coalesce($3, server),
              server_version = coalesce($4, server_version),
              unknowns = coalesce($5::json, unknowns),
              recorded_until = greatest(recorded_until, $6::timestamptz),
              divided_by_server = coalesce($7, divided_by_server)
        WHERE shard_id = $1`,
      [
        shardId,
        change.clusterName ?? null,
        change.server ?? null,
        change.serverVersion ?? null,
        change.unknowns ? JSON.stringify(change.unknowns) : null,
        change.recordedUntil ?? null,
        change.dividedByServer ?? null,
      ],
    );
    if (rowCount === 0) throw new AuditError('shard-unknown', `There is no shard ${shardId}.`);
  }
}

type Sibling = Pick<ShardRow, 'shard_id' | 'slice' | 'slices' | 'generation' | 'predecessors' | 'closed_at'> &
  Readonly<{ slice_cuts: readonly string[] | null }>;

async function findOrInsert(
  client: PoolClient,
  description: ShardDescription,
  { cuts, demanded }: ProposedDivision,
): Promise<Readonly<{ shardId: number; isNew: boolean }>> {
  const { rows } = await client.query<Sibling>({
    text: `SELECT shard_id, slice, slices, generation, predecessors, closed_at,
                  CASE WHEN closed_at IS NULL THEN slice_cuts END AS slice_cuts FROM shard
            WHERE split_part(origin, '#', 1) = $1 ORDER BY shard_id`,
    values: [description.origin],
    types: rowTypes,
  });
  const open = rows.filter(({ closed_at }) => closed_at === null);
  const alike = open.filter(({ slices }) => slices === (description.slice?.of ?? null));
  if (alike[0]) refuseOtherDivision(alike[0], demanded);
  const ours = alike.find(({ slice }) => slice === (description.slice?.nth ?? null));
  if (ours) return { shardId: ours.shard_id, isNew: false };
  const place = alike[0] ?? {
    ...(await beginGeneration(client, rows, open)),
    slice_cuts: storedCuts(cuts),
  };
  return { shardId: await insertShard(client, description, place), isNew: true };
}

type Place = Pick<Sibling, 'generation' | 'predecessors' | 'slice_cuts'>;

/** Closes what is open. That their epochs rise in the same transaction keeps a writer that is at work from writing after it. */
async function beginGeneration(
  client: PoolClient,
  all: readonly Sibling[],
  open: readonly Sibling[],
): Promise<Omit<Place, 'slice_cuts'>> {
  if (all.length === 0) return { generation: 0, predecessors: [] };
  const predecessors = open.map(({ shard_id }) => shard_id);
  await client.query('UPDATE shard SET closed_at = now() WHERE shard_id = ANY ($1)', [predecessors]);
  await client.query('UPDATE shard_head SET epoch = epoch + 1 WHERE shard_id = ANY ($1)', [predecessors]);
  return { generation: Math.max(...all.map(({ generation }) => generation)) + 1, predecessors };
}

async function insertShard(
  client: PoolClient,
  description: ShardDescription,
  { generation, predecessors, slice_cuts }: Place,
): Promise<number> {
  const { clusterUid, clusterName, source, identity, server, serverVersion, unknowns, slice } = description;
  const { rows } = await client.query<{ shard_id: number }>(
    `INSERT INTO shard (shard_id, origin, cluster_uid, cluster_name, source, identity, server, server_version, unknowns,
                        slice, slices, generation, predecessors, slice_cuts)
     SELECT coalesce(max(shard_id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8::json, $9, $10, $11, $12, $13
       FROM shard
     RETURNING shard_id`,
    [
      originOf(description, generation),
      clusterUid,
      clusterName,
      source,
      identity,
      server,
      serverVersion,
      JSON.stringify(unknowns),
      slice?.nth ?? null,
      slice?.of ?? null,
      generation,
      predecessors,
      slice_cuts,
    ],
  );
  const shardId = rows[0]?.shard_id as number;
  await client.query(`INSERT INTO shard_head (shard_id, epoch, size, recorded_at) VALUES ($1, 0, 0, 'epoch')`, [
    shardId,
  ]);
  return shardId;
}

/** The first shard that holds all namespaces is called by its origin alone. */
function originOf({ origin, slice }: ShardDescription, generation: number): string {
  if (generation === 0 && !slice) return origin;
  return `${origin}#${generation}${slice ? `.${slice.nth}/${slice.of}` : ''}`;
}

function toShard(row: ShardRow): Shard {
  return {
    shardId: row.shard_id,
    origin: row.origin,
    clusterUid: row.cluster_uid,
    clusterName: row.cluster_name,
    source: row.source,
    identity: row.identity,
    server: row.server,
    serverVersion: row.server_version,
    unknowns: row.unknowns,
    createdAt: row.created_at,
    seenAt: row.seen_at,
    recordedUntil: row.recorded_until,
    slice: row.slice === null || row.slices === null ? undefined : { nth: row.slice, of: row.slices },
    generation: row.generation,
    predecessors: row.predecessors,
    closedAt: row.closed_at,
  };
}

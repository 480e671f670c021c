import { AuditError, rowTypes, type Pool } from '#libs/platform';

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
}>;

/** A shard as it is registered. Times are RFC 3339 with microseconds. */
export type Shard = ShardDescription &
  Readonly<{
    shardId: number;
    createdAt: string;
    seenAt: string;
    /** Of a recording: when the newest line was received that was played of it. */
    recordedUntil: string | null;
  }>;

/** What of a shard may change while it is watched. */
export type ShardChange = Partial<Pick<ShardDescription, 'clusterName' | 'server' | 'serverVersion' | 'unknowns'>> &
  Readonly<{
    /** Of a recording: when its newest line was received, RFC 3339. It never goes back: a recording that is played again adds nothing. */
    recordedUntil?: string | undefined;
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
}>;

const COLUMNS =
  'shard_id, origin, cluster_uid, cluster_name, source, identity, server, server_version, unknowns, created_at, seen_at, recorded_until';

/** Any number of ours: it keeps two recorders from giving one origin two shards. */
const REGISTER_LOCK = 7_411_002;

/** The shards of this ledger: one watched cluster each, or a slice of one. */
export class Shards {
  constructor(private readonly pool: Pool) {}

  /** The shard of this origin, made at its first sight; what is known of it is brought up to date. */
  async register(description: ShardDescription): Promise<number> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      // The origin alone cannot be unique: every unique index must hold the shard_id. So registering is done one by one.
      await client.query('SELECT pg_advisory_xact_lock($1)', [REGISTER_LOCK]);
      const known = await client.query<{ shard_id: number }>('SELECT shard_id FROM shard WHERE origin = $1', [
        description.origin,
      ]);
      const shardId = known.rows[0]?.shard_id ?? (await insertShard(client, description));
      await client.query('COMMIT');
      if (known.rows[0]) await this.update(shardId, description);
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
              recorded_until = greatest(recorded_until, $6::timestamptz)
        WHERE shard_id = $1`,
      [
        shardId,
        change.clusterName ?? null,
        change.server ?? null,
        change.serverVersion ?? null,
        change.unknowns ? JSON.stringify(change.unknowns) : null,
        change.recordedUntil ?? null,
      ],
    );
    if (rowCount === 0) throw new AuditError('shard-unknown', `There is no shard ${shardId}.`);
  }
}

async function insertShard(client: Pick<Pool, 'query'>, description: ShardDescription): Promise<number> {
  const { origin, clusterUid, clusterName, source, identity, server, serverVersion, unknowns } = description;
  const { rows } = await client.query<{ shard_id: number }>(
    `INSERT INTO shard (shard_id, origin, cluster_uid, cluster_name, source, identity, server, server_version, unknowns)
     SELECT coalesce(max(shard_id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8::json
       FROM shard
     RETURNING shard_id`,
    [origin, clusterUid, clusterName, source, identity, server, serverVersion, JSON.stringify(unknowns)],
  );
  const shardId = rows[0]?.shard_id as number;
  await client.query(`INSERT INTO shard_head (shard_id, epoch, size, recorded_at) VALUES ($1, 0, 0, 'epoch')`, [
    shardId,
  ]);
  return shardId;
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
  };
}

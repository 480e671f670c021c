/** Reads which versions are in force: what the next ones are compared with. */
import type { Category } from '#libs/init-history';
import type { Queryable } from '../queryable.js';
import type { Standing } from './pod-cache.js';
import { placeOf } from './standing.js';
import type { Contribution } from './read-model-rows.js';
import type { InForce, RowsInForce } from './version-ledger.js';

/** What is in force of one pod. */
export type PodInForce = RowsInForce &
  Readonly<{
    standing: Standing | null;
    /** Position at which the oldest of its cycles in force began to be told so; null where none is. */
    toldFrom: number | null;
  }>;

type StandingRow = {
  cycle: number;
  container: string | null;
  category: string | null;
  deadline_at: string | null;
  stuck_category: Category | null;
  threshold_seconds: number | null;
  threshold_basis: string | null;
};

type InitRow = StandingRow & {
  pod_uid: string;
  valid_from: number;
  newest: boolean;
  stuck_since: string | null;
  digest: string;
  contribution: readonly Contribution[] | null;
};

/** Every place at which a pod ever stood, and from when on that was being stuck. */
export async function readStandings(
  db: Queryable,
  shardId: number,
  podUid: string,
): Promise<ReadonlyMap<string, Standing>> {
  const { rows } = await db.query<StandingRow & { stuck_since: string }>(
    `SELECT cycle, container, category, stuck_since, deadline_at, stuck_category, threshold_seconds, threshold_basis
     FROM pod_init
     WHERE shard_id = $1 AND pod_uid = $2 AND newest AND stuck_since IS NOT NULL
     ORDER BY valid_from`,
    [shardId, podUid],
  );
  return new Map(rows.map((row) => toStanding(row, row.stuck_since)).map((standing) => [standing.place, standing]));
}

type AttemptRow = {
  pod_uid: string;
  container: string;
  container_id: string;
  digest: string;
  contribution: readonly Contribution[] | null;
};

type FindingInForce = { pod_uid: string; finding_key: string; digest: string };

/** Of each of these pods that has rows, what is in force. */
export async function readInForce(
  db: Queryable,
  shardId: number,
  podUids: readonly string[],
): Promise<ReadonlyMap<string, PodInForce>> {
  // One after the other: within a transaction there is one connection.
  const inits = await readInits(db, shardId, podUids);
  const attempts = await readAttempts(db, shardId, podUids);
  const findings = await readFindings(db, shardId, podUids);
  const findingsOf = Map.groupBy(findings, (row) => row.pod_uid);
  const attemptsOf = Map.groupBy(attempts, (row) => row.pod_uid);
  const pods = Map.groupBy(inits, (row) => row.pod_uid);
  return new Map(
    [...pods].map(([uid, rows]) => [uid, toInForce(rows, attemptsOf.get(uid) ?? [], findingsOf.get(uid) ?? [])]),
  );
}

function toInForce(
  inits: readonly InitRow[],
  attempts: readonly AttemptRow[],
  findings: readonly FindingInForce[],
): PodInForce {
  const newest = inits.find((row) => row.newest);
  return {
    inits: new Map(inits.map((row) => [String(row.cycle), forceOf(row)])),
    attempts: new Map(attempts.map((row) => [`${row.container} ${row.container_id}`, forceOf(row)])),
    findings: new Map(findings.map(({ finding_key, digest }) => [finding_key, { digest, contribution: null }])),
    standing: newest && newest.stuck_since !== null ? toStanding(newest, newest.stuck_since) : null,
    toldFrom: inits.length === 0 ? null : Math.min(...inits.map(({ valid_from }) => valid_from)),
  };
}

const forceOf = ({ digest, contribution }: InForce): InForce => ({ digest, contribution });

function toStanding(row: StandingRow, since: string): Standing {
  const {
    deadline_at: at,
    stuck_category: category,
    threshold_seconds: thresholdSeconds,
    threshold_basis: basis,
  } = row;
  const known = at !== null && category !== null && thresholdSeconds !== null && basis !== null;
  return {
    place: placeOf({ ...row, since }),
    deadline: known ? { at: new Date(at).toISOString(), category, thresholdSeconds, basis } : null,
  };
}

async function readInits(db: Queryable, shardId: number, podUids: readonly string[]): Promise<InitRow[]> {
  const { rows } = await db.query<InitRow>(
    `SELECT pod_uid, cycle, valid_from, newest, container, category, stuck_since, deadline_at, stuck_category, threshold_seconds, threshold_basis, digest, contribution
     FROM pod_init
     WHERE shard_id = $1 AND pod_uid = ANY($2::uuid[]) AND valid_to IS NULL`,
    [shardId, podUids],
  );
  return rows;
}

async function readAttempts(db: Queryable, shardId: number, podUids: readonly string[]): Promise<AttemptRow[]> {
  const { rows } = await db.query<AttemptRow>(
    `SELECT pod_uid, container, container_id, digest, contribution
     FROM init_attempt
     WHERE shard_id = $1 AND pod_uid = ANY($2::uuid[]) AND valid_to IS NULL`,
    [shardId, podUids],
  );
  return rows;
}

async function readFindings(db: Queryable, shardId: number, podUids: readonly string[]): Promise<FindingInForce[]> {
  const { rows } = await db.query<FindingInForce>(
    `SELECT pod_uid, finding_key, digest
     FROM finding
     WHERE shard_id = $1 AND pod_uid = ANY($2::uuid[]) AND valid_to IS NULL`,
    [shardId, podUids],
  );
  return rows;
}

/** What a stuck threshold would have been made of at a position that is past: read from the versions that were in force there. */
import type { Baseline } from '#libs/init-history';
import type { Queryable } from '../queryable.js';
import { baselineOf, nameOf, type BaselineKey, type Starts } from '../statistics/baselines.js';
import type { Count } from '../pod-inits/version-ledger.js';

/** Before which pod's turn at which position, and when that was recorded (RFC 3339). */
export type Turn = Readonly<{ position: number; recordedAt: string; podUid: string }>;

/** What is counted of pods whose rows are not in the tables (any more, or yet), by pod. */
export type CountsApart = ReadonlyMap<string, readonly Count[]>;

/** The baseline of `key` as it was when it was `turn`. */
export async function baselineThen(
  { db, shardId, apart }: Readonly<{ db: Queryable; shardId: number; apart: CountsApart }>,
  key: BaselineKey,
  turn: Turn,
): Promise<Baseline | null> {
  const starts = [...(await startsIn(db, shardId, key, turn)), ...startsApart(apart, key, turn)];
  return baselineOf(starts, Date.parse(turn.recordedAt));
}

function startsApart(apart: CountsApart, key: BaselineKey, turn: Turn): readonly Starts[] {
  const name = nameOf(key);
  return [...apart].flatMap(([uid, counts]) =>
    counts
      .filter(({ position }) => position < turn.position || (position === turn.position && uid < turn.podUid))
      .filter(({ contribution }) => contribution.durationMs !== null && nameOf(contribution) === name)
      .map(({ contribution: { hour, durationMs }, times }) => ({ hour, durationMs: durationMs ?? 0, times })),
  );
}

async function startsIn(db: Queryable, shardId: number, key: BaselineKey, turn: Turn): Promise<readonly Starts[]> {
  const { rows } = await db.query<{ hour: string; duration_ms: number; times: number }>(
    `SELECT each->>'hour' AS hour, (each->>'durationMs')::float8 AS duration_ms, count(*) AS times
       FROM (SELECT pod_uid, valid_from, valid_to, contribution FROM pod_init
              WHERE shard_id = $1 AND namespace = $2 AND workload_kind = $3 AND workload_name = $4 AND contribution IS NOT NULL
              UNION ALL
             SELECT pod_uid, valid_from, valid_to, contribution FROM init_attempt
              WHERE shard_id = $1 AND namespace = $2 AND workload_kind = $3 AND workload_name = $4 AND contribution IS NOT NULL) AS told
      CROSS JOIN LATERAL json_array_elements(contribution) AS each
      WHERE (valid_from, pod_uid) < ($5, $6::uuid) AND (valid_to IS NULL OR (valid_to, pod_uid) >= ($5, $6::uuid))
        AND each->>'container' = $7 AND each->>'namespaceUid' = $8 AND each->>'durationMs' IS NOT NULL
      GROUP BY 1, 2`,
    [
      shardId,
      key.namespace,
      key.workloadKind,
      key.workloadName,
      turn.position,
      turn.podUid,
      key.container,
      key.namespaceUid,
    ],
  );
  return rows.map(({ hour, duration_ms: durationMs, times }) => ({ hour, durationMs, times }));
}

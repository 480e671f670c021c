/** Rows of the read-model tables, in the columns' own names: `prisma/migrations` is the truth about them. */
import type { Attempt, Category, Dependency, Finding, PodAccount } from '#libs/init-history';
import type { Counts } from '../statistics/counts.js';

/** Shard and position at which a version begins, and when that position was recorded (RFC 3339, microseconds). */
export type Moment = Readonly<{ shardId: number; position: number; recordedAt: string }>;

/** A version of one cycle of one pod. `valid_to` null: in force. */
export type PodInitRow = Readonly<{
  shard_id: number;
  pod_uid: string;
  cycle: number;
  valid_from: number;
  valid_to: number | null;
  newest: boolean;
  namespace: string;
  namespace_uid: string | null;
  name: string;
  workload_kind: string;
  workload_name: string;
  revision: string | null;
  node: string | null;
  zone: string | null;
  labels: Readonly<Record<string, string>>;
  init_containers: number;
  containers: readonly string[];
  images: readonly string[];
  state: string;
  outcome: string;
  category: string | null;
  container: string | null;
  waiting_reason: string | null;
  waits_for: string | null;
  created_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  deleted_at: string | null;
  stuck_since: string | null;
  deadline_at: string | null;
  stuck_category: Category | null;
  threshold_seconds: number | null;
  threshold_basis: string | null;
  duration_seconds: number | null;
  duration_lo: number | null;
  duration_hi: number | null;
  duration_certainty: string;
  init_restarts: number;
  attempts: number;
  failed_attempts: number;
  missed_attempts: number;
  contribution: readonly Contribution[] | null;
  told_at: string;
  digest: string;
  doc: Partial<PodAccount>;
}>;

/** A version of one attempt. */
export type InitAttemptRow = Readonly<{
  shard_id: number;
  pod_uid: string;
  container: string;
  container_id: string;
  valid_from: number;
  valid_to: number | null;
  cycle: number;
  number: number;
  kind: string;
  namespace: string;
  workload_kind: string;
  workload_name: string;
  revision: string | null;
  node: string | null;
  image: string;
  image_id: string | null;
  started_at: string | null;
  finished_at: string | null;
  duration_seconds: number | null;
  duration_lo: number | null;
  duration_hi: number | null;
  duration_certainty: string;
  exit_code: number | null;
  reason: string | null;
  outcome: string;
  category: string | null;
  basis: string;
  position: number;
  dependencies: readonly Omit<Dependency, 'evidence'>[] | null;
  contribution: readonly Contribution[] | null;
  told_at: string;
  digest: string;
  doc: Attempt;
}>;

/** A version of one finding. It counts for nothing. */
export type FindingRow = Readonly<{
  shard_id: number;
  pod_uid: string;
  finding_key: string;
  valid_from: number;
  valid_to: number | null;
  kind: string;
  container: string | null;
  confidence: string;
  at: string | null;
  namespace: string;
  namespace_uid: string | null;
  pod_name: string;
  workload_kind: string;
  workload_name: string;
  contribution: null;
  told_at: string;
  digest: string;
  doc: Finding;
}>;

/** Where in `workload_stats` something counts. */
export type StatsKey = Readonly<{
  /** The hour of the end, RFC 3339. */
  hour: string;
  namespace: string;
  /** '' until it is known. */
  namespaceUid: string;
  workloadKind: string;
  workloadName: string;
  /** '' where there is none. */
  revision: string;
  /** '' is the initialization as a whole. */
  container: string;
  hasInit: boolean;
}>;

/** What one cycle or attempt adds to one row of `workload_stats`. Kept beside it, so that it can be taken back exactly. */
export type Contribution = StatsKey &
  Readonly<Counts> &
  Readonly<{
    /** Milliseconds, of an exact duration of a success. */
    durationMs: number | null;
    category: string | null;
  }>;

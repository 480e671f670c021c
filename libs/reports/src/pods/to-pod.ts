import type { Duration, PodAccount } from '#libs/init-history';
import { carryForward } from '#libs/projections';
import { nowOf, presentOf } from '../reading/present.js';
import type { Reading } from '../reading/report-reader.js';
import type { Duration as ShownDuration, Meta } from '../shapes/common.js';
import { globalId } from '../shapes/global-id.js';
import { inOrder } from '../shapes/in-order.js';
import { PodDetail, type Pod } from '../shapes/pod.js';
import { accountAt } from './account-at.js';

/** A pod as the read models hold it, and what was recorded of it by the moment that `at` names. */
export type ToldPod = Readonly<{
  shardId: number;
  account: PodAccount;
  /** Epoch milliseconds up to which its running durations were told. */
  toldAt: number;
  /** Epoch milliseconds from which on it counts as stuck where it stands; null where it cannot. */
  deadline: number | null;
  /** The cells that kubectl printed at `at`, where that was asked for; null where nothing was recorded yet. */
  cells: Readonly<{ status: string; ready: string; restarts: number; lastRestartAt: string | null }> | null;
  /** From which position on its observations are kept, and by which rules those before were read; null where all are. Of one pod that is asked for. */
  frozen?: Readonly<{ before: number; rules: string }> | null;
}>;

/** Of a pod of which nothing was recorded yet. */
const unprinted = { status: null, ready: null, restarts: null, lastRestartAt: null };

/** The pod of a list: the contract's Pod, brought to the reading's moment. */
export function toPod(reading: Reading, told: ToldPod): Pod {
  const { cycles: _cycles, findings: _findings, gaps: _gaps, frozen: _frozen, ...pod } = toPodDetail(reading, told);
  return pod;
}

/** The one pod: with its cycles, findings and gaps. */
export function toPodDetail(reading: Reading, told: ToldPod): PodDetail {
  return inOrder(PodDetail, { ...detailOf(reading, told), frozen: frozenOf(told) });
}

const frozenOf = ({ shardId, frozen = null }: ToldPod): PodDetail['frozen'] =>
  frozen && { ...frozen, before: positionOf(shardId, frozen.before) };

function detailOf(reading: Reading, { shardId, account, toldAt, deadline, cells }: ToldPod): Omit<PodDetail, 'frozen'> {
  const brought = carryForward(account, toldAt, nowOf(reading, shardId));
  const { namespaceUid: _namespaceUid, ...told } =
    reading.at === null ? brought : accountAt(brought, presentOf(reading, shardId));
  const cluster = reading.shards.find((shard) => shard.shardId === shardId)?.cluster ?? '';
  const details = reading.viewer.nodes
    ? { zone: told.zone, kubeletVersion: told.kubeletVersion }
    : { zone: null, kubeletVersion: null };
  const isStuck = deadline !== null && deadline <= presentOf(reading, shardId);
  const printed = reading.at === null ? {} : (cells ?? unprinted);
  return {
    ...told,
    ...details,
    ...printed,
    categoryEvidence: evidenceAt(shardId, told.categoryEvidence),
    stuckSince: isStuck ? told.stuckSince : null,
    id: globalId('Pod', shardId, account.uid),
    cluster,
    labels: { ...told.labels },
    workload: { ...told.workload },
    duration: durationAt(shardId, told.duration),
    sinceCreation: durationAt(shardId, told.sinceCreation),
    sinceScheduled: durationAt(shardId, told.sinceScheduled),
    toAppStarted: durationAt(shardId, told.toAppStarted),
    cycles: told.cycles.map((cycle) => ({
      ...cycle,
      categoryEvidence: evidenceAt(shardId, cycle.categoryEvidence),
      duration: durationAt(shardId, cycle.duration),
      phases: cycle.phases.map((slice) => ({ ...slice, duration: durationAt(shardId, slice.duration) })),
      initContainers: cycle.initContainers.map((container) => ({
        ...container,
        categoryEvidence: evidenceAt(shardId, container.categoryEvidence),
        dependencies: container.dependencies.map((one) => ({ ...one, evidence: placed(shardId, one.evidence) })),
        attempts: container.attempts.map((attempt) => ({
          ...attempt,
          categoryEvidence: evidenceAt(shardId, attempt.categoryEvidence),
          duration: durationAt(shardId, attempt.duration),
          position: positionOf(shardId, attempt.position),
        })),
      })),
    })),
    findings: told.findings.map((finding) => ({
      ...finding,
      evidence: finding.evidence.map((one) => positionOf(shardId, one)),
    })),
    gaps: told.gaps.map((gap) => ({ ...gap, cluster })),
  };
}

/** A position inside a shape: `shard:number`. */
export const positionOf = (shardId: number, position: number): string => `${shardId}:${position}`;

/** A duration, its gaps by their positions as a shape has them. */
export const durationAt = (shardId: number, { gaps, ...duration }: Duration): ShownDuration =>
  gaps ? { ...duration, gaps: gaps.map((position) => positionOf(shardId, position)) } : duration;

type AtPosition = Readonly<{ position: number | null }>;

/** Evidence with its position as a shape has it. */
export const placed = <Evidence extends AtPosition>(
  shardId: number,
  evidence: Evidence,
): Omit<Evidence, 'position'> & { position: string | null } => ({
  ...evidence,
  position: evidence.position === null ? null : positionOf(shardId, evidence.position),
});

/** What decided a category, as a shape has it. */
export const evidenceAt = <Evidence extends AtPosition>(
  shardId: number,
  evidence: Evidence | null,
): (Omit<Evidence, 'position'> & { position: string | null }) | null => evidence && placed(shardId, evidence);

/** What of pods is null to this viewer, and which right would show it. */
export const withheldOfPods = (reading: Reading): Meta['withheld'] =>
  reading.viewer.nodes ? [] : ['zone', 'kubeletVersion'].map((field) => ({ field, right: 'get nodes' }));

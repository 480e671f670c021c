/** Makes the rows of `init_attempt` of one account. Pure. */
import type { Attempt, Cycle, InitContainerAccount, PodAccount } from '#libs/init-history';
import { attemptWithoutRunning } from '../answering/carry-forward.js';
import { attemptContribution } from '../statistics/contribution.js';
import { digestOf } from './digest.js';
import type { Told } from './pod-init-rows.js';
import type { InitAttemptRow } from './read-model-rows.js';

/** One row for each attempt that was ever revealed. */
export function initAttemptRows(told: Told): readonly InitAttemptRow[] {
  return told.account.cycles.flatMap((cycle) =>
    cycle.initContainers.flatMap((container) =>
      container.attempts.map((attempt) => toRow(told, cycle, container, attempt)),
    ),
  );
}

function toRow(told: Told, cycle: Cycle, container: InitContainerAccount, attempt: Attempt): InitAttemptRow {
  const { account, moment } = told;
  const running = attempt.duration.running === true;
  const row = {
    shard_id: moment.shardId,
    pod_uid: account.uid,
    container: container.name,
    container_id: attempt.containerId || `#${attempt.number}`,
    cycle: cycle.number,
    number: attempt.number,
    kind: container.kind,
    ...belonging(account),
    image: container.image,
    image_id: attempt.imageId,
    started_at: attempt.startedAt,
    finished_at: attempt.finishedAt,
    duration_seconds: running ? null : attempt.duration.seconds,
    duration_lo: running ? null : attempt.duration.lo,
    duration_hi: running ? null : attempt.duration.hi,
    duration_certainty: attempt.duration.certainty,
    exit_code: attempt.exitCode,
    reason: attempt.reason,
    outcome: attempt.outcome,
    category: attempt.category,
    basis: attempt.basis,
    position: attempt.position,
    dependencies: dependenciesOf(container),
    contribution: attemptContribution(account, container, attempt),
    doc: attempt,
  };
  const served = { ...row, doc: attemptWithoutRunning(attempt) };
  return { ...row, valid_from: moment.position, valid_to: null, told_at: moment.recordedAt, digest: digestOf(served) };
}

/** What its container waits for, without what that was read from: the pod's document has it. */
function dependenciesOf({ dependencies }: InitContainerAccount): InitAttemptRow['dependencies'] {
  return dependencies.length === 0 ? null : dependencies.map(({ evidence: _evidence, ...dependency }) => dependency);
}

const belonging = ({ namespace, workload, revision, node }: PodAccount) => ({
  namespace,
  workload_kind: workload.kind,
  workload_name: workload.name,
  revision,
  node,
});

/** Makes the rows of `init_attempt` of one account. Pure. */
import type { Attempt, Cycle, InitContainerAccount, PodAccount } from '#libs/init-history';
import { attemptWithoutRunning } from '../answering/carry-forward.js';
import { attemptContribution, isOfAnotherMirror } from '../statistics/contribution.js';
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

type Served = Omit<InitAttemptRow, 'valid_from' | 'valid_to' | 'told_at'>;

/** Rows of attempts that do not run, and what they were made of: most are told again unchanged with every change of their pods. */
const known = new WeakMap<Attempt, Readonly<{ by: readonly unknown[]; served: Served }>>();

function toRow(told: Told, cycle: Cycle, container: InitContainerAccount, attempt: Attempt): InitAttemptRow {
  const { position: valid_from, recordedAt: told_at } = told.moment;
  return { ...servedOf(told, cycle, container, attempt), valid_from, valid_to: null, told_at };
}

function servedOf(told: Told, cycle: Cycle, container: InitContainerAccount, attempt: Attempt): Served {
  const { name, kind, image, dependencies } = container;
  const { uid, namespaceUid } = told.account;
  const by = [
    told.moment.shardId,
    uid,
    namespaceUid,
    isOfAnotherMirror(told.account),
    cycle.number,
    name,
    kind,
    image,
    dependencies,
    ...Object.values(belonging(told.account)),
  ];
  const before = known.get(attempt);
  if (before && by.every((each, nth) => each === before.by[nth])) return before.served;
  const served = servedBy(told, cycle, container, attempt);
  if (attempt.duration.running !== true) known.set(attempt, { by, served });
  return served;
}

function servedBy({ account, moment }: Told, cycle: Cycle, container: InitContainerAccount, attempt: Attempt): Served {
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
  return { ...row, digest: digestOf(running ? { ...row, doc: attemptWithoutRunning(attempt) } : row) };
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

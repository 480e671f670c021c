/** Makes the rows of `pod_init` of one account. Pure. */
import { currentContainer, type Cycle, type Duration, type PodAccount, type StuckDeadline } from '#libs/init-history';
import { isUnfinished, withoutRunning } from '../answering/carry-forward.js';
import { cycleContribution, restartsIn } from '../statistics/contribution.js';
import { digestWithDoc } from './digest.js';
import { withMade } from './kept-rows.js';
import type { Moment, PodInitRow } from './read-model-rows.js';

/** When standing there becomes being stuck, by which rule (`p99 18.2 s x 1.5 over 143 starts`, `default 300 s`). */
export type Deadline = Pick<StuckDeadline, 'at' | 'category' | 'thresholdSeconds'> & Readonly<{ basis: string }>;

/** What is told of one pod at one position. */
export type Told = Readonly<{
  account: PodAccount;
  /** Of the pod's spec: with or without a cycle, these are its init containers. */
  declared: readonly Readonly<{ name: string; image: string }>[];
  deadline: Deadline | null;
  moment: Moment;
}>;

/** The cycle of a pod that no node has accepted yet. */
const BEFORE_ACCEPTANCE = 0;

/** One row for each cycle, the newest last; before the node's acceptance one row for cycle 0. */
export function podInitRows(told: Told): readonly PodInitRow[] {
  const { cycles } = told.account;
  if (cycles.length === 0) return [sealedRow(told, newestRow(told, undefined), newestDoc(told, undefined))];
  return cycles.map((cycle, index) =>
    index === cycles.length - 1
      ? sealedRow(told, newestRow(told, cycle), newestDoc(told, cycle))
      : sealedRow(told, olderRow(told, cycle), { cycles: [cycle] }),
  );
}

type Unsealed = Omit<PodInitRow, 'digest' | 'doc' | 'told_at' | 'valid_from' | 'valid_to'>;

const newestDoc = ({ account }: Told, cycle: Cycle | undefined): PodAccount => ({
  ...account,
  cycles: cycle ? [cycle] : [],
});

function newestRow(told: Told, cycle: Cycle | undefined): Unsealed {
  const { account, deadline } = told;
  const unfinished = isUnfinished(account);
  const standing = standingContainer(cycle);
  return {
    ...common(told, cycle),
    newest: true,
    zone: account.zone,
    labels: account.labels,
    state: account.state,
    category: account.category,
    container: standing?.name ?? null,
    waiting_reason: standing?.waitingReason ?? null,
    waits_for: standing?.waitsFor ?? null,
    deleted_at: account.deletedAt,
    stuck_since: unfinished ? account.stuckSince : null,
    deadline_at: deadline?.at ?? null,
    stuck_category: deadline?.category ?? null,
    threshold_seconds: deadline?.thresholdSeconds ?? null,
    threshold_basis: deadline?.basis ?? null,
    ...durationColumns(account.duration),
    init_restarts: account.initRestarts,
  };
}

/** An older cycle is served for what it was: what the pod is now stands in the newest row alone. */
function olderRow(told: Told, cycle: Cycle): Unsealed {
  const standing = standingContainer(cycle);
  return {
    ...common(told, cycle),
    newest: false,
    zone: told.account.zone,
    labels: told.account.labels,
    state: stateOf(cycle),
    category: standing?.category ?? null,
    container: standing?.name ?? null,
    waiting_reason: null,
    waits_for: null,
    deleted_at: null,
    stuck_since: null,
    deadline_at: null,
    stuck_category: null,
    threshold_seconds: null,
    threshold_basis: null,
    ...durationColumns(cycle.duration),
    init_restarts: cycle.initContainers.reduce((sum, { name }) => sum + restartsIn(told.account, cycle, name), 0),
  };
}

function common({ account, declared, moment }: Told, cycle: Cycle | undefined) {
  const attempts = cycle?.initContainers.flatMap((container) => container.attempts) ?? [];
  return {
    shard_id: moment.shardId,
    pod_uid: account.uid,
    cycle: cycle?.number ?? BEFORE_ACCEPTANCE,
    namespace: account.namespace,
    namespace_uid: account.namespaceUid,
    name: account.name,
    workload_kind: account.workload.kind,
    workload_name: account.workload.name,
    revision: account.revision,
    node: account.node,
    init_containers: declared.length,
    containers: declared.map(({ name }) => name),
    images: declared.map(({ image }) => image),
    outcome: cycle?.outcome ?? outcomeWithoutCycle(account.state),
    created_at: account.createdAt,
    started_at: cycle?.startedAt ?? null,
    ended_at: cycle?.endedAt ?? null,
    attempts: attempts.length,
    failed_attempts: attempts.filter(({ outcome }) => outcome === 'failed').length,
    missed_attempts: cycle?.initContainers.reduce((sum, container) => sum + container.missedAttempts, 0) ?? 0,
    contribution: cycle ? cycleContribution(account, cycle) : null,
  };
}

/** Of a pod that no node accepted, or that only Events told of. */
const outcomeWithoutCycle = (state: PodAccount['state']): Cycle['outcome'] =>
  state === 'failed' || state === 'aborted' || state === 'unknown' ? state : 'running';

/** The digest leaves out what changes by the mere passing of time, and the recorder's clock of this look. */
function sealedRow({ moment }: Told, row: Unsealed, doc: PodInitRow['doc']): PodInitRow {
  const served = withoutRunning(doc);
  const json = JSON.stringify(served);
  const sealed = {
    ...row,
    doc,
    valid_from: moment.position,
    valid_to: null,
    told_at: moment.recordedAt,
    digest: digestWithDoc(row, json),
  };
  return served === doc ? withMade(sealed, json) : sealed;
}

/** The container at which the cycle stands or failed. */
export function standingContainer(cycle: Cycle | undefined): Cycle['initContainers'][number] | null {
  return !cycle || cycle.outcome === 'completed' ? null : currentContainer({ cycles: [cycle] });
}

function stateOf({ outcome }: Cycle): string {
  switch (outcome) {
    case 'completed':
      return 'initialized';
    case 'running':
      return 'initializing';
    case 'failed':
    case 'aborted':
    case 'unknown':
      return outcome;
  }
}

/** A duration that runs has no number in a column: it would be wrong the next moment. */
const durationColumns = ({ seconds, lo, hi, certainty, running }: Duration) => ({
  duration_seconds: running ? null : seconds,
  duration_lo: running ? null : lo,
  duration_hi: running ? null : hi,
  duration_certainty: certainty,
});

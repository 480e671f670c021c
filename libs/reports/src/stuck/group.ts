import {
  currentContainer,
  type Category,
  type CategoryEvidence,
  type InitContainerAccount,
  type PodAccount,
} from '#libs/init-history';
import { placed } from '../pods/to-pod.js';
import { toTime } from '../asking/times.js';
import { inOrder } from '../shapes/in-order.js';
import { CategoryEvidence as EvidenceShape, Dependency, Workload } from '../shapes/pod.js';
import type { Stuck } from './stuck.schema.js';
import { nextRetry } from './next-retry.js';

/** One pod that is past its deadline. Times in epoch milliseconds. */
export type StuckPod = Readonly<{
  shardId: number;
  account: PodAccount;
  since: number;
  deadline: number;
  /** What it is stuck with. */
  category: Category;
  threshold: Stuck['threshold'];
}>;

/** What is told of a group beside its pods. */
export type Surroundings = Readonly<{
  cluster: string;
  total: number;
  previousRevision: Stuck['previousRevision'];
  /** Whether nodes' details may be told. */
  zones: boolean;
  asOf: number;
}>;

/** The init container at which a pod stands. */
export const standsAt = ({ account }: StuckPod): InitContainerAccount | null => currentContainer(account);

/** Pods that are stuck alike: same workload, revision, container and cause, which is what an alert is about too. */
export function groupAlike(pods: readonly StuckPod[]): StuckPod[][] {
  const groups = Map.groupBy(pods, (pod) => {
    const { namespace, workload, revision } = pod.account;
    return JSON.stringify([
      pod.shardId,
      namespace,
      workload.kind,
      workload.name,
      revision,
      standsAt(pod)?.name ?? null,
      pod.category,
    ]);
  });
  return [...groups.values()];
}

/** A group as the contract tells it, but for what changed; the pod that is stuck longest speaks for it. */
export function toStuck(group: readonly StuckPod[], around: Surroundings): Stuck {
  const pods = group.toSorted((a, b) => a.since - b.since);
  const first = pods[0] as StuckPod;
  const container = standsAt(first);
  const containers = pods.map(standsAt).filter((one) => one !== null);
  const attempts = containers.flatMap((one) => one.attempts);
  const last = attempts
    .filter(({ finishedAt }) => finishedAt !== null)
    .toSorted(byEnd)
    .at(-1);
  const waiting = containers.find(({ waitingMessage }) => waitingMessage !== null);
  return {
    workload: inOrder(Workload, { ...first.account.workload }),
    namespace: first.account.namespace,
    cluster: around.cluster,
    container: container?.name ?? null,
    category: first.category,
    reason: container?.waitingReason ?? null,
    categoryEvidence: inOrder(EvidenceShape, placed(first.shardId, evidenceOf(first, container))),
    ...waitOf(first, container),
    since: toTime(first.since),
    firstSeen:
      pods.map(({ account, since }) => account.createdAt ?? toTime(since)).toSorted()[0] ?? toTime(first.since),
    image: container?.image ?? null,
    revision: first.account.revision,
    previousRevision: around.previousRevision,
    changedSince: [],
    affected: pods.length,
    total: Math.max(around.total, pods.length),
    nodes: nodesOf(pods, around.zones),
    attempts: attempts.length + containers.reduce((sum, { missedAttempts }) => sum + missedAttempts, 0),
    lastExitCode: last?.exitCode ?? null,
    lastMessage: last?.message ?? waiting?.waitingMessage ?? null,
    nextRetry: soonest(
      containers.map((one) => nextRetry(one.waitingMessage, one.attempts.at(-1)?.finishedAt ?? null, around.asOf)),
    ),
    pods: pods.map(({ account, since }) => ({ uid: account.uid, name: account.name, since: toTime(since) })),
    deadline: toTime(Math.min(...pods.map(({ deadline }) => deadline))),
    threshold: first.threshold,
  };
}

/** It may be what its container waits for: while that runs, and while it fails. An image that cannot be pulled waits for nobody. */
const mayWait: ReadonlySet<Category> = new Set(['DEPENDENCY_WAIT', 'CRASH']);

function waitOf(
  { category, shardId }: StuckPod,
  container: InitContainerAccount | null,
): Pick<Stuck, 'waitsFor' | 'dependencies'> {
  if (!container || !mayWait.has(category)) return { waitsFor: null, dependencies: [] };
  const dependencies = container.dependencies.map((one) =>
    inOrder(Dependency, { ...one, evidence: placed(shardId, one.evidence) }),
  );
  return { waitsFor: container.waitsFor, dependencies };
}

/** What decided the category; of a container that merely runs, that it has done so for longer than its threshold: a guess by design. */
function evidenceOf({ account, threshold }: StuckPod, container: InitContainerAccount | null): CategoryEvidence {
  if (account.categoryEvidence) return account.categoryEvidence;
  const source = container ? `status.initContainerStatuses[${container.name}].state.running` : 'status';
  const reason = `for more than ${threshold.seconds} s, and nothing failed`;
  return { source, reason, position: container?.attempts.at(-1)?.position ?? null, basis: 'inferred' };
}

type Ended = Readonly<{ finishedAt: string | null }>;
const byEnd = (a: Ended, b: Ended): number => Date.parse(a.finishedAt ?? '') - Date.parse(b.finishedAt ?? '');

const soonest = (retries: readonly Stuck['nextRetry'][]): Stuck['nextRetry'] =>
  retries.filter(({ lo }) => lo !== null).toSorted((a, b) => (a.lo ?? 0) - (b.lo ?? 0))[0] ?? {
    seconds: null,
    lo: null,
    hi: null,
    certainty: 'unknown',
  };

function nodesOf(pods: readonly StuckPod[], zones: boolean): Stuck['nodes'] {
  const byNode = Map.groupBy(pods, ({ account }) => account.node);
  return [...byNode]
    .map(([node, there]) => ({ node, zone: zones ? (there[0]?.account.zone ?? null) : null, pods: there.length }))
    .toSorted((a, b) => b.pods - a.pods || (a.node ?? '').localeCompare(b.node ?? ''));
}

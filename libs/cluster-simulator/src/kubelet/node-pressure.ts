import type { Kubelet } from './kubelet.js';
import type { Node } from './node.js';
import { setNodeCondition } from './node-conditions.js';
import { tellOfNode } from './node-events.js';

type Kind = Readonly<{
  condition: string;
  /** Reason and message of the condition while it is True, and what the event about that is called. */
  low: readonly [reason: string, message: string, event: string];
  well: readonly [reason: string, message: string, event: string];
  /** What the kubelet is held to and what is left, unless told otherwise. */
  amounts: readonly [threshold: string, available: string];
}>;

const disk = {
  condition: 'DiskPressure',
  low: ['KubeletHasDiskPressure', 'kubelet has disk pressure', 'NodeHasDiskPressure'],
  well: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure', 'NodeHasNoDiskPressure'],
} as const;

const kinds = {
  memory: {
    condition: 'MemoryPressure',
    low: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available', 'NodeHasInsufficientMemory'],
    well: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available', 'NodeHasSufficientMemory'],
    amounts: ['100Mi', '87432Ki'],
  },
  'ephemeral-storage': { ...disk, amounts: ['26421208Ki', '25301004Ki'] },
  inodes: { ...disk, amounts: ['825676', '801200'] },
  pids: {
    condition: 'PIDPressure',
    low: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available', 'NodeHasInsufficientPID'],
    well: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available', 'NodeHasSufficientPID'],
    amounts: ['1638', '1201'],
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** What a node can run low on. */
export type Scarce = keyof typeof kinds;

export const scarce = Object.keys(kinds);

export const isScarce = (name: string): name is Scarce => Object.hasOwn(kinds, name);

/** Why a kubelet evicts a pod: its node runs low on something, or the pod uses more local storage than it may, which the kubelet says in this message. */
export type Eviction =
  | Readonly<{ lowOn: Scarce; threshold?: string; available?: string; using?: Readonly<Record<string, string>> }>
  | Readonly<{ overLimit: string }>;

/** How long a pod that is evicted may take (immediateEvictionGracePeriodSeconds). */
const graceMs = 1000;
const toldAfterMs = 520;
/** How long a node that was low counts as low: `evictionPressureTransitionPeriod` and the look after it, as recorded with 20 s. */
const pressureMs = 31_000;

function messageOf(why: Eviction): string {
  if ('overLimit' in why) return why.overLimit;
  const { lowOn, using = {} } = why;
  const [usualThreshold, usualAvailable] = kinds[lowOn].amounts;
  const { threshold = usualThreshold, available = usualAvailable } = why;
  const users = Object.entries(using).map(
    ([name, amount]) => `Container ${name} was using ${amount}, request is 0, has larger consumption of ${lowOn}. `,
  );
  return `The node was low on resource: ${lowOn}. Threshold quantity: ${threshold}, available: ${available}. ${users.join('')}`;
}

/** What the event says of it to programs. */
function annotationsOf({ lowOn, using = {} }: Extract<Eviction, { lowOn: Scarce }>): Record<string, string> {
  const users = Object.entries(using);
  return {
    starved_resource: lowOn,
    ...(users.length > 0 && {
      offending_containers: users.map(([name]) => name).join(','),
      offending_containers_usage: users.map(([, amount]) => amount).join(','),
    }),
  };
}

/**
 * A kubelet evicts a pod (`k/k:pkg/kubelet/eviction`; recorded: evicted-disk-pressure, evicted-memory-pressure, evicted-for-storage). A node that runs low says so
 * in its conditions for half a minute, and refuses pods that it can refuse.
 *
 * @returns whether that pod is on that node, and was not ending already
 */
export function evict(kubelet: Kubelet, podUid: string, why: Eviction): boolean {
  const isDisrupted = 'lowOn' in why;
  const stopped = {
    reason: 'Evicted',
    message: messageOf(why),
    graceMs,
    inEvent: true,
    isDisrupted,
    ...(isDisrupted && { annotations: annotationsOf(why) }),
  };
  if (!kubelet.stopPod(podUid, stopped)) return false;
  if (isDisrupted) runLow(kubelet, why.lowOn);
  return true;
}

function runLow(kubelet: Kubelet, lowOn: Scarce): void {
  const { clock } = kubelet;
  const { condition, low, well } = kinds[lowOn];
  const { node } = kubelet;
  tellOfNode(node, { type: 'Warning', reason: 'EvictionThresholdMet', message: `Attempting to reclaim ${lowOn}` });
  clock.after(toldAfterMs, () => tell(node, condition, 'True', low));
  kubelet.pressures.begin(condition, pressureMs);
  clock.after(pressureMs, () => {
    if (kubelet.node === node && !kubelet.pressures.present.includes(condition)) tell(node, condition, 'False', well);
  });
}

function tell(node: Node, type: string, status: string, [reason, message, event]: Kind['low']): void {
  node.api.whenAnswering(() => setNodeCondition(node, { type, status, reason, message }));
  tellOfNode(node, { type: 'Normal', reason: event, message: `Node ${node.name} status is now: ${event}` });
}

import type { Fields, KubeObject } from '../api/kube-object.js';
import { wholeSeconds } from '../api/kube-object.js';

/** What tells one node from another. */
export type NodeFacts = Readonly<{
  name: string;
  ip: string;
  bootId: string;
  machineId: string;
  release: string;
  now: number;
}>;

const healthy = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
];

const capacity = { cpu: '8', 'ephemeral-storage': '264212084Ki', memory: '24684084Ki', pods: '200' };

const labels = {
  'beta.kubernetes.io/arch': 'amd64',
  'beta.kubernetes.io/os': 'linux',
  'kubernetes.io/arch': 'amd64',
  'kubernetes.io/os': 'linux',
};

const annotations = {
  'node.alpha.kubernetes.io/ttl': '0',
  'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
};

const nodeInfo = ({ bootId, machineId, release }: NodeFacts): Fields => ({
  machineID: machineId,
  systemUUID: machineId,
  bootID: bootId,
  kernelVersion: '6.18.44',
  osImage: 'Debian GNU/Linux 12 (bookworm)',
  containerRuntimeVersion: 'containerd://1.6.20',
  kubeletVersion: release,
  kubeProxyVersion: '',
  operatingSystem: 'linux',
  architecture: 'amd64',
});

/** The conditions of a node that is well. */
export function healthyConditions(now: number): Fields[] {
  const times = { lastHeartbeatTime: wholeSeconds(now), lastTransitionTime: wholeSeconds(now) };
  return healthy.map(([type, value, reason, message]) => ({ type, status: value, ...times, reason, message }));
}

function status(facts: NodeFacts): Fields {
  return {
    capacity,
    allocatable: capacity,
    conditions: healthyConditions(facts.now),
    addresses: [
      { type: 'InternalIP', address: facts.ip },
      { type: 'Hostname', address: facts.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: nodeInfo(facts),
  };
}

/** A node as its kubelet registers it (recorded: cluster-together.jsonl). */
export function nodeObject(facts: NodeFacts): KubeObject {
  const { name } = facts;
  return {
    metadata: { name, labels: { ...labels, 'kubernetes.io/hostname': name }, annotations },
    spec: {},
    status: status(facts),
  };
}

import type { KubeObject } from '../api/kube-object.js';
import { wholeSeconds } from '../api/kube-object.js';

const healthy = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
];

/** A node as its kubelet registers it (recorded: cluster-together.jsonl). */
export function nodeObject({ name, ip, bootId, machineId, now }: { name: string; ip: string; bootId: string; machineId: string; now: number }): KubeObject {
  const at = wholeSeconds(now);
  return {
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
      },
      annotations: { 'node.alpha.kubernetes.io/ttl': '0', 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {},
    status: {
      capacity: { cpu: '8', 'ephemeral-storage': '264212084Ki', 'hugepages-1Gi': '0', 'hugepages-2Mi': '0', memory: '24684084Ki', pods: '200' },
      allocatable: { cpu: '8', 'ephemeral-storage': '264212084Ki', 'hugepages-1Gi': '0', 'hugepages-2Mi': '0', memory: '24632884Ki', pods: '200' },
      conditions: healthy.map(([type, status, reason, message]) => ({ type, status, lastHeartbeatTime: at, lastTransitionTime: at, reason, message })),
      addresses: [
        { type: 'InternalIP', address: ip },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: machineId,
        systemUUID: machineId,
        bootID: bootId,
        kernelVersion: '6.18.44',
        osImage: 'Debian GNU/Linux 12 (bookworm)',
        containerRuntimeVersion: 'containerd://1.6.20',
        kubeletVersion: 'v1.36.3',
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  };
}

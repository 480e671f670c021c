/** A row for each message of semantics 4.2 about the pod, by the versions that write it. */
import { describe, expect, it } from 'vitest';
import { tells } from '../testing/event-texts.js';
import { parsedOf } from './parse.js';

const uid = '18ffcd6c-9210-4e6c-8d66-94cadf287def';

tells('Scheduled', [
  ['1.25+', 'Successfully assigned shop/api-1 to node-a', { kind: 'scheduled', node: 'node-a' }],
  ['none', 'Something else', null],
]);

const unschedulable = {
  kind: 'unschedulable',
  available: null,
  total: null,
  refused: [],
  missing: null,
  preemption: null,
} as const;

tells('FailedScheduling', [
  [
    '1.36 (recorded)',
    '0/1 nodes are available: 1 Insufficient example.com/seat.',
    { ...unschedulable, available: 0, total: 1, refused: [{ nodes: 1, why: 'Insufficient example.com/seat' }] },
  ],
  [
    '1.36 (recorded)',
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    {
      ...unschedulable,
      available: 0,
      total: 1,
      refused: [{ nodes: 1, why: "node(s) didn't match Pod's node affinity/selector" }],
      preemption: '0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    },
  ],
  [
    '1.25',
    '0/7 nodes are available: 1 Insufficient cpu, 2 Insufficient memory, 4 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }. preemption: 0/7 nodes are available: 4 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod.',
    {
      ...unschedulable,
      available: 0,
      total: 7,
      refused: [
        { nodes: 1, why: 'Insufficient cpu' },
        { nodes: 2, why: 'Insufficient memory' },
        { nodes: 4, why: 'node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }' },
      ],
      preemption:
        '0/7 nodes are available: 4 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod.',
    },
  ],
  [
    '1.30',
    '0/3 nodes are available: persistentvolumeclaim "data" not found. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    {
      ...unschedulable,
      available: 0,
      total: 3,
      missing: { kind: 'PersistentVolumeClaim', name: 'data', key: null },
      preemption: '0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    },
  ],
  ['1.25+', 'skip schedule deleting pod: shop/api-1', unschedulable],
]);

tells('Preempted', [
  ['1.29+', `Preempted by pod ${uid} on node node-a`, { kind: 'preempted', by: uid, node: 'node-a' }],
  ['1.25 to 1.28', 'Preempted by a pod on node node-a', { kind: 'preempted', by: null, node: 'node-a' }],
]);

tells('SuccessfulAttachVolume', [
  ['1.25+', 'AttachVolume.Attach succeeded for volume "pv-1" ', { kind: 'attached', volume: 'pv-1' }],
]);

tells('FailedAttachVolume', [
  [
    '1.25+',
    'AttachVolume.Attach failed for volume "pv-1" : rpc error: code = NotFound desc = no such disk',
    { kind: 'attachFailed', volume: 'pv-1', multiAttach: false, usedBy: [] },
  ],
  [
    '1.25+',
    'Multi-Attach error for volume "pv-1" Volume is already used by pod(s) db-0, db-1',
    { kind: 'attachFailed', volume: 'pv-1', multiAttach: true, usedBy: ['db-0', 'db-1'] },
  ],
  [
    '1.25+',
    'Multi-Attach error for volume "pv-1" Volume is already exclusively attached to one node and can\'t be attached to another',
    { kind: 'attachFailed', volume: 'pv-1', multiAttach: true, usedBy: [] },
  ],
]);

tells('FailedMount', [
  [
    '1.36 (recorded)',
    'MountVolume.SetUp failed for volume "keys" : secret "keys" not found',
    {
      kind: 'mountFailed',
      volume: 'keys',
      operation: 'MountVolume.SetUp',
      missing: { kind: 'Secret', name: 'keys', key: null },
    },
  ],
  [
    '1.25+',
    'MountVolume.SetUp failed for volume "cfg" : configmap "settings" not found',
    {
      kind: 'mountFailed',
      volume: 'cfg',
      operation: 'MountVolume.SetUp',
      missing: { kind: 'ConfigMap', name: 'settings', key: null },
    },
  ],
  [
    '1.25+',
    'MountVolume.WaitForAttach failed for volume "pv-1" : timed out',
    { kind: 'mountFailed', volume: 'pv-1', operation: 'MountVolume.WaitForAttach', missing: null },
  ],
  [
    '1.25+',
    'MountVolume.MountDevice failed for volume "pv-1" : rpc error',
    { kind: 'mountFailed', volume: 'pv-1', operation: 'MountVolume.MountDevice', missing: null },
  ],
  [
    '1.25+',
    'MountVolume.NewMounter initialization failed for volume "local" : path "/mnt/x" does not exist',
    { kind: 'mountFailed', volume: 'local', operation: 'MountVolume.NewMounter', missing: null },
  ],
  [
    '1.25 to 1.27',
    'Unable to attach or mount volumes: unmounted volumes=[keys data], unattached volumes=[keys data kube-api-access-x]: timed out waiting for the condition',
    {
      kind: 'volumesAwaited',
      unmounted: ['keys', 'data'],
      unattached: ['keys', 'data', 'kube-api-access-x'],
      failed: [],
      missing: null,
    },
  ],
  [
    '1.27+',
    'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[data]: error processing PVC shop/data: failed to fetch PVC from API server: persistentvolumeclaims "data" is forbidden',
    {
      kind: 'volumesAwaited',
      unmounted: ['data'],
      unattached: [],
      failed: ['data'],
      missing: { kind: 'PersistentVolumeClaim', name: 'data', key: null },
    },
  ],
  ['none', 'something else', null],
]);

tells('FailedMapVolume', [
  [
    '1.25+',
    'MapVolume.SetUpDevice failed for volume "pv-1" : rpc error',
    { kind: 'mountFailed', volume: 'pv-1', operation: 'MapVolume.SetUpDevice', missing: null },
  ],
]);

tells('SuccessfulMountVolume', [
  [
    '1.25+',
    'MapVolume.MapPodDevice succeeded for volume "pv-1" globalMapPath "/var/lib/kubelet/x"',
    { kind: 'mounted', volume: 'pv-1' },
  ],
]);

tells('FailedPrepareDynamicResources', [
  ['1.28+', 'Failed to prepare dynamic resources: no such driver', { kind: 'claimFailed', stage: 'prepare' }],
]);

tells('FailedResourceClaimCreation', [
  ['1.26+', 'PodResourceClaim gpu: no such template', { kind: 'claimFailed', stage: 'create' }],
]);

tells('NetworkNotReady', [
  [
    '1.25+',
    'network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady',
    { kind: 'networkNotReady' },
  ],
]);

tells('FailedCreatePodContainer', [
  ['1.25+', 'unable to ensure pod container exists: cgroup', { kind: 'cgroupFailed' }],
]);

const sandbox = 'Failed to create pod sandbox: rpc error: code = ';
tells('FailedCreatePodSandBox', [
  [
    'containerd',
    `${sandbox}Unknown desc = failed to setup network for sandbox "f00": plugin type="calico" failed (add): no address`,
    { kind: 'sandboxFailed', by: 'network' },
  ],
  [
    'CRI-O',
    `${sandbox}Unknown desc = failed to create pod network sandbox k8s_p: error adding pod to CNI network "x"`,
    { kind: 'sandboxFailed', by: 'network' },
  ],
  [
    'containerd',
    `${sandbox}Unknown desc = failed to get sandbox runtime: no runtime for "gvisor" is configured`,
    { kind: 'sandboxFailed', by: 'runtimeClass' },
  ],
  [
    'containerd',
    `${sandbox}Unknown desc = failed to get sandbox image "registry/x:3.9": failed to pull`,
    { kind: 'sandboxFailed', by: 'image' },
  ],
  ['all', `${sandbox}DeadlineExceeded desc = context deadline exceeded`, { kind: 'sandboxFailed', by: 'timeout' }],
  [
    'containerd',
    `${sandbox}Unknown desc = failed to create containerd task: cgroups: cannot find cgroup mount destination`,
    { kind: 'sandboxFailed', by: 'runtime' },
  ],
]);

tells('FailedPodSandBoxStatus', [['1.25+', 'Unable to get pod sandbox status: x', { kind: 'sandboxUnreadable' }]]);
tells('SandboxChanged', [
  ['1.25+ (recorded)', 'Pod sandbox changed, it will be killed and re-created.', { kind: 'sandboxChanged' }],
]);
tells('Evicted', [
  [
    '1.25+',
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. ',
    { kind: 'evicted', resource: 'memory' },
  ],
  [
    '1.25+',
    'The node was low on resource: ephemeral-storage. Container a was using 1Gi',
    { kind: 'evicted', resource: 'ephemeral-storage' },
  ],
  ['1.25+', 'Usage of EmptyDir volume "tmp" exceeds the limit "1Gi". ', { kind: 'evicted', resource: null }],
]);
tells('NodeShutdown', [['1.25+ (recorded)', 'Pod was rejected as the node is shutting down.', { kind: 'rejected' }]]);
tells('Preempting', [['1.25+', 'Preempted in order to admit critical pod', { kind: 'preemptedForCritical' }]]);
tells('DeadlineExceeded', [
  ['1.25+ (recorded)', 'Pod was active on the node longer than the specified deadline', { kind: 'deadlineExceeded' }],
]);
tells('NodeAffinity', [['1.25+ (recorded)', 'Predicate NodeAffinity failed: x', { kind: 'rejected' }]]);
tells('OutOfcpu', [['1.25+', 'Node didn’t have enough resource: cpu', { kind: 'rejected' }]]);
tells('NodeNotReady', [['1.25+', 'Node is not ready', { kind: 'nodeNotReady' }]]);
tells('TaintManagerEviction', [
  ['1.25+', 'Marking for deletion Pod shop/api-1', { kind: 'taintEviction', cancelled: false }],
  ['1.25+', 'Cancelling deletion of Pod shop/api-1', { kind: 'taintEviction', cancelled: true }],
]);
tells('NodeControllerEviction', [
  ['1.25+', 'Marking for deletion Pod api-1 from Node node-a', { kind: 'nodeEviction', node: 'node-a' }],
]);
tells('FailedKillPod', [['1.25+', 'error killing pod: x', { kind: 'killFailed' }]]);
tells('ExceededGracePeriod', [
  ['1.25+', 'Container runtime did not kill the pod within specified grace period.', { kind: 'graceExceeded' }],
]);
tells('FailedSync', [['1.25+', 'error determining status: x', { kind: 'syncFailed' }]]);

describe('an Event of any other reason', () => {
  it.each(['SomethingNew', '', 'toString', '__proto__'])('%j tells nothing that is known', (reason) => {
    expect(parsedOf(reason, 'Pulling image "i:1"')).toBeNull();
  });
});

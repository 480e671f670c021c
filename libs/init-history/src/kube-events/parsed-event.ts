/** What the text of an Event tells (semantics 4.2, 4.3): one shape for each thing that Events say of an initialization. */

/** An object that a pod refers to and that is not there, or lacks a key. */
export type MissingObject = Readonly<{
  kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim';
  name: string;
  key: string | null;
}>;

/** Of a scheduler's summary: on how many nodes a filter refused the pod, in its own words. */
export type NodesRefused = Readonly<{ nodes: number; why: string }>;

export type KilledFor =
  | 'stopping'
  | 'startupProbe'
  | 'livenessProbe'
  | 'definitionChanged'
  | 'resize'
  | 'unknownState'
  | 'restartAllContainers'
  | 'postStartHook'
  | 'other';

/** Container of a resize, and what was asked for it, as Kubernetes writes quantities. */
export type ResizedContainer = Readonly<{
  name: string;
  init: boolean;
  requests: Readonly<Record<string, string>>;
  limits: Readonly<Record<string, string>>;
}>;

/** Seconds and bytes. `container` is that of the text; which one the Event is about: `containerOfEvent`. */
export type ParsedEvent =
  // the scheduler
  | Readonly<{ kind: 'scheduled'; node: string }>
  | Readonly<{
      kind: 'unschedulable';
      available: number | null;
      total: number | null;
      refused: readonly NodesRefused[];
      missing: MissingObject | null;
      preemption: string | null;
    }>
  | Readonly<{ kind: 'preempted'; by: string | null; node: string }>
  // volumes and claims
  | Readonly<{ kind: 'attached'; volume: string }>
  | Readonly<{ kind: 'attachFailed'; volume: string; multiAttach: boolean; usedBy: readonly string[] }>
  | Readonly<{ kind: 'mounted'; volume: string }>
  | Readonly<{ kind: 'mountFailed'; volume: string; operation: string; missing: MissingObject | null }>
  | Readonly<{
      kind: 'volumesAwaited';
      unmounted: readonly string[];
      unattached: readonly string[];
      failed: readonly string[];
      missing: MissingObject | null;
    }>
  | Readonly<{ kind: 'claimFailed'; stage: 'create' | 'prepare' }>
  // the sandbox
  | Readonly<{ kind: 'networkNotReady' }>
  | Readonly<{ kind: 'sandboxFailed'; by: 'network' | 'runtimeClass' | 'image' | 'timeout' | 'runtime' }>
  | Readonly<{ kind: 'sandboxUnreadable' }>
  | Readonly<{ kind: 'sandboxChanged' }>
  | Readonly<{ kind: 'cgroupFailed' }>
  // images
  | Readonly<{ kind: 'pulling'; image: string }>
  | Readonly<{
      kind: 'pulled';
      image: string;
      /** Of the pull alone; 0 where the image was there. */
      seconds: number | null;
      /** With the wait for a pull slot: what is more than `seconds` was queueing. */
      withWaiting: number | null;
      bytes: number | null;
      alreadyPresent: boolean;
      /** The kubelet made sure that the pod may use what was there (1.33+ with KubeletEnsureSecretPulledImages). */
      accessVerified: boolean;
    }>
  | Readonly<{ kind: 'pullBackOff'; image: string | null }>
  | Readonly<{ kind: 'pullFailed'; image: string | null }>
  | Readonly<{ kind: 'pullForbidden'; image: string | null }>
  | Readonly<{ kind: 'imageUnreadable'; image: string | null }>
  | Readonly<{ kind: 'pullSecretsMissing'; names: readonly string[] }>
  // containers
  | Readonly<{ kind: 'created'; container: string | null }>
  | Readonly<{ kind: 'started'; container: string | null }>
  | Readonly<{
      kind: 'containerFailed';
      /** A waiting reason of the kubelet, where the text is one: `ErrImagePull`, `ImagePullBackOff`, … */
      reason: string | null;
      stage: 'pull' | 'config' | 'start' | null;
      missing: MissingObject | null;
    }>
  | Readonly<{ kind: 'restartBackOff'; container: string | null }>
  | Readonly<{ kind: 'killing'; container: string | null; for: KilledFor }>
  | Readonly<{ kind: 'hookFailed'; hook: 'postStart' | 'preStop' }>
  | Readonly<{
      kind: 'probe';
      probe: 'startup' | 'liveness' | 'readiness';
      result: 'failed' | 'errored' | 'warning';
      output: string;
    }>
  | Readonly<{
      kind: 'resize';
      stage: 'started' | 'completed' | 'deferred' | 'infeasible' | 'error';
      containers: readonly ResizedContainer[] | null;
    }>
  // the pod's end
  | Readonly<{ kind: 'evicted'; resource: string | null }>
  | Readonly<{ kind: 'preemptedForCritical' }>
  | Readonly<{ kind: 'deadlineExceeded' }>
  | Readonly<{ kind: 'rejected' }>
  | Readonly<{ kind: 'nodeNotReady' }>
  | Readonly<{ kind: 'taintEviction'; cancelled: boolean }>
  | Readonly<{ kind: 'nodeEviction'; node: string }>
  | Readonly<{ kind: 'killFailed' }>
  | Readonly<{ kind: 'graceExceeded' }>
  | Readonly<{ kind: 'syncFailed' }>;

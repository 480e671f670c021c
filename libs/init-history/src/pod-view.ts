/** A pod as its parts tell it, in Kubernetes' own field names. */
import type { OwnerReference } from './context.js';

export type Terminated = Readonly<{
  exitCode?: number;
  signal?: number;
  reason?: string;
  message?: string;
  startedAt?: string | null;
  finishedAt?: string | null;
  containerID?: string;
}>;

export type ContainerState = Readonly<{
  waiting?: Readonly<{ reason?: string; message?: string }>;
  running?: Readonly<{ startedAt?: string | null }>;
  terminated?: Terminated;
}>;

export type ContainerStatus = Readonly<{
  name: string;
  state: ContainerState;
  lastState: ContainerState;
  ready?: boolean;
  started?: boolean;
  restartCount: number;
  image?: string;
  imageID?: string;
  containerID?: string;
  /** What the node gives it, as `ContainerSpec.resources`. */
  resources: string | null;
}>;

/** A command or its args as they were kept: the words with their secrets masked; or, masked whole, what they may wait for. */
export type KeptCommand = Readonly<{ words: readonly string[] | null; targets: readonly string[] }>;

/** A declared variable; `value` null where it is no literal that was kept. */
export type EnvironmentVariable = Readonly<{ name: string; value: string | null }>;

/** When a container is restarted, by exit code, before its policy is asked; the first that matches decides (KEP-5307). */
export type RestartRule = Readonly<{ action: string; operator: string | null; exitCodes: readonly number[] }>;

export type ContainerSpec = Readonly<{
  name: string;
  image?: string;
  restartPolicy?: string;
  restartRules: readonly RestartRule[];
  /** Requests and limits as one text; null where there are none. */
  resources: string | null;
  hasStartupProbe: boolean;
  hasPostStartHook: boolean;
  command: KeptCommand;
  args: KeptCommand;
  env: readonly EnvironmentVariable[];
  hasEnvFrom: boolean;
}>;

export type Condition = Readonly<{
  type: string;
  status?: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
}>;

export type PodMetadata = Readonly<{
  uid?: string;
  name?: string;
  namespace?: string;
  creationTimestamp?: string;
  generation?: number;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  ownerReferences: readonly OwnerReference[];
}>;

export type PodSpec = Readonly<{
  nodeName?: string;
  restartPolicy?: string;
  activeDeadlineSeconds?: number;
  isGated: boolean;
}>;

export type PodStatus = Readonly<{
  phase?: string;
  reason?: string;
  message?: string;
  startTime?: string | null;
  hostIP?: string;
  podIP?: string;
}>;

export type Deletion = Readonly<{ deletionTimestamp?: string; deletionGracePeriodSeconds?: number }>;

/** The parts of a pod, read. Containers are in spec order, statuses in the order of the status lists. */
export type PodView = Readonly<{
  metadata: PodMetadata;
  deletion: Deletion | null;
  spec: PodSpec;
  status: PodStatus;
  conditions: Readonly<Record<string, Condition>>;
  initContainers: readonly ContainerSpec[];
  containers: readonly ContainerSpec[];
  initStatuses: readonly ContainerStatus[];
  statuses: readonly ContainerStatus[];
}>;

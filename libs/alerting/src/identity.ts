import { createHash } from 'node:crypto';
import type { Category } from '#libs/init-history';

/** What makes two sightings the same alert: never a pod, a cycle or a version of the rules, so that a rebuild raises nothing. */
export type AlertIdentity = Readonly<{
  cluster: string;
  namespace: string;
  workloadKind: string;
  workloadName: string;
  revision: string | null;
  container: string | null;
  category: Category;
}>;

/** The id of an identity: the same in every process and after every rebuild. */
export function alertId(identity: AlertIdentity): string {
  const { cluster, namespace, workloadKind, workloadName, revision, container, category } = identity;
  const name = JSON.stringify([cluster, namespace, workloadKind, workloadName, revision, container, category]);
  return uuid('alert', name);
}

/** The id of an act: the same transition recorded by two processes is one. */
export function actId(alert: string, episode: number, type: string): string {
  return uuid('act', `${alert}|${episode}|${type}`);
}

function uuid(space: string, name: string): string {
  const digest = createHash('sha1').update(`initledger.${space}\n`).update(name).digest();
  // RFC 9562 section 5.5: version and variant laid over the hash
  digest[6] = (digest[6]! & 0x0f) | 0x50;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = digest.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** What people see of a category in a pager: one name for each thing to do. */
export function alertName(category: Category): string {
  return names[category];
}

const names = {
  SCHEDULING: 'PodInitUnschedulable',
  GATED: 'PodInitUnschedulable',
  VOLUME: 'PodInitVolumeMountStuck',
  DRA: 'PodInitVolumeMountStuck',
  SANDBOX: 'PodInitSandboxFailing',
  IMAGE_PULL: 'PodInitImagePullFailing',
  CONFIG: 'PodInitConfigError',
  OOM: 'PodInitOOMKilled',
  CRASH: 'PodInitCrashLooping',
  START: 'PodInitCrashLooping',
  HOOK: 'PodInitCrashLooping',
  SECURITY: 'PodInitCrashLooping',
  RUNTIME: 'PodInitStuck',
  RESTART_ALL: 'PodInitStuck',
  IMAGE_CHANGED: 'PodInitStuck',
  DEPENDENCY_WAIT: 'PodInitStuck',
  SIDECAR_NOT_STARTED: 'PodInitStuck',
  ADMISSION: 'PodInitStuck',
  DEADLINE: 'PodInitStuck',
  EVICTION: 'PodInitStuck',
  PREEMPTION: 'PodInitStuck',
  NODE_SHUTDOWN: 'PodInitStuck',
  NODE_LOST: 'PodInitStuck',
  NODE_OR_RUNTIME_LOST: 'PodInitStuck',
  DELETED: 'PodInitStuck',
  UNKNOWN_OUTCOME: 'PodInitStuck',
  PENDING: 'PodInitStuck',
  UNKNOWN: 'PodInitStuck',
} as const satisfies Record<Category, string>;

/** What a pod names that is not in it: its node, its namespace, its controller, its static twin. Pure. */
import type { Observation, OwnerReference } from '#libs/init-history';

/** The names of one pod, as far as its observations gave them. */
export type PodNames = Readonly<{
  namespace: string | null;
  node: string | null;
  /** Uid of the owner that controls it. */
  controller: string | null;
  /** Of a mirror pod: the static pod's own uid, under which the kubelet writes its Events. As a uuid. */
  twin: string | null;
}>;

/** A pod of which only Events are known, or nothing. */
export const unnamed: PodNames = { namespace: null, node: null, controller: null, twin: null };

/** The names after `observation`, which is one of the pod's own stream. */
export function namesAfter(names: PodNames, observation: Observation): PodNames {
  if (observation.type === 'KubeEventObserved') {
    return { ...names, namespace: names.namespace ?? observation.event.namespace };
  }
  if (observation.type !== 'PodObserved' && observation.type !== 'PodGone') return names;

  const metadata = part(observation.parts, 'metadata');
  const spec = part(observation.parts, 'spec');
  return {
    namespace: text(metadata?.['namespace']) ?? names.namespace,
    node: text(spec?.['nodeName']) ?? names.node,
    controller: metadata ? controllerOf(metadata['ownerReferences']) : names.controller,
    twin: metadata ? twinOf(metadata['annotations']) : names.twin,
  };
}

/**
 * True for an Event of a static pod: the kubelet writes the hash of the manifest where other Events have the uid of the pod, and
 * only its mirror is ever seen by a watch (kubernetes/kubernetes pkg/kubelet/types/pod_update.go, ConfigHashAnnotationKey).
 */
export function isAboutStaticPod(uid: string | undefined): boolean {
  return uid !== undefined && /^[0-9a-f]{32}$/i.test(uid);
}

/** The uid of the owner with `controller: true`; null where none is. */
export function controllerOf(ownerReferences: unknown): string | null {
  if (!Array.isArray(ownerReferences)) return null;
  const owners = ownerReferences as readonly Partial<OwnerReference>[];
  return owners.find(({ controller }) => controller === true)?.uid ?? null;
}

function twinOf(annotations: unknown): string | null {
  const values =
    typeof annotations === 'object' && annotations !== null ? (annotations as Record<string, unknown>) : {};
  const hash = text(values['kubernetes.io/config.mirror']) ?? text(values['kubernetes.io/config.hash']);
  return hash !== null && isAboutStaticPod(hash) ? asUuid(hash) : null;
}

/** A static pod's hash as PostgreSQL gives it back from a column of type uuid. */
export function asUuid(hash: string): string {
  return hash.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function part(parts: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> | undefined {
  const value = parts[name];
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

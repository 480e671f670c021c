import type { Fields, KubeObject } from '../api/kube-object.js';
import type { OutageKind, OutageTimes } from '../api/outage.js';
import type { ResourceName } from '../api/resources.js';
import type { Course } from '../kubelet/node.js';
import type { Eviction } from '../kubelet/node-pressure.js';
import type { KubeletVersion } from '../kubelet/versions.js';

/** An object as a user writes it: its kind, its name, and what it wants. */
export type Manifest = KubeObject & { apiVersion: string; kind: string };

/** What can be done to a node in a scenario. */
export type NodeDeed = 'reboot' | 'stopKubelet' | 'startKubelet' | 'shutdown';

/** What happens, so many seconds after the scenario began. */
export type Step = Readonly<{ at: number }> &
  (
    | Readonly<{ apply: Manifest }>
    /** As `kubectl create`: without the annotation of what was applied. */
    | Readonly<{ create: Manifest }>
    | Readonly<{ setImages: { pod: string; images: Readonly<Record<string, string>> } }>
    /** Deletes pods: those whose labels are these, or all. */
    | Readonly<{ deletePods: Readonly<Record<string, string>> }>
    | Readonly<{ deletePod: string; gracePeriodSeconds?: number }>
    | Readonly<{ evict: string }>
    | Readonly<{ ungate: string }>
    /** Takes all finalizers from a pod. */
    | Readonly<{ release: string }>
    /** Labels all nodes; `null` takes a label away. */
    | Readonly<{ labelNodes: Readonly<Record<string, string | null>> }>
    /** Gives the first node so much of extended resources. */
    | Readonly<{ extendNode: Readonly<Record<string, string>> }>
    /** Gives a Deployment the template of the revision before. */
    | Readonly<{ rollBack: string }>
    | Readonly<{ remove: { resource: ResourceName; name: string } }>
    /** Deletes something and leaves what it owned. */
    | Readonly<{ orphan: { resource: ResourceName; name: string } }>
    /** Writes a pod into the first node's folder of static pods; without one the file is removed. */
    | Readonly<{ staticPod: { file: string; manifest?: Manifest } }>
    /** Adds an ephemeral container to a pod. */
    | Readonly<{ debug: { pod: string; container: Fields } }>
    /** Gives containers of a pod other resources, by their names. */
    | Readonly<{ resize: { pod: string; to: Readonly<Record<string, Fields>> } }>
    /** The sandbox of this pod dies. */
    | Readonly<{ killSandbox: string }>
    /** What is done to a node: the one on which the first of the scenario's pods is. */
    | Readonly<{ node: NodeDeed }>
    /** A pod is evicted by its kubelet. */
    | Readonly<{ kubeletEvicts: string; why: Eviction }>
    /** The API server is restarted or killed, for the usual times unless told, or forgets its history. */
    | Readonly<{ api: OutageKind | 'compact'; times?: OutageTimes }>
    /** Conditions that somebody beside the kubelet writes into a pod's status. */
    | Readonly<{ setCondition: { pod: string; type: string; status: string } }>
  );

/** A place in which a recording is not played as it is: the lines that tell so, and the reason. */
export type Difference = Readonly<{ kubelet: Kubelet; kind: 'pods' | 'events'; at: RegExp; why: string }>;

/** What is decided of pods, by the beginning of their names. */
export type Courses = Readonly<Record<string, Course | readonly Course[]>>;

/** The kubelets that there are recordings of. */
export type Kubelet = KubeletVersion;

/** A story that a cluster can play: what is created in a namespace of its own, and what happens to it then. */
export type Scenario = Readonly<{
  /** Also the namespace, unless the player is told another. */
  name: string;
  /** One sentence. */
  about: string;
  begin: readonly Manifest[];
  later?: readonly Step[];
  /** What the nodes do of themselves, by the beginning of the pod's name; of a list, the first pod that begins so gets the first, and so on. */
  courses?: Courses;
  /** The same for kubelets that did otherwise when they were recorded. */
  coursesOf?: Readonly<Partial<Record<Kubelet, Courses>>>;
  /** Where what is played differs from the recording (lines of its comparison), and why. A difference that is named and not there fails the comparison, too. */
  differs?: readonly Difference[];
  /** The images that the node had when this was recorded with a kubelet, where they were not the usual ones. */
  nodeImages?: Readonly<Partial<Record<Kubelet, readonly string[]>>>;
  /** After so many seconds everything that matters has happened. */
  lasts: number;
}>;

/** The image of nearly every container here. */
export const busybox = '127.0.0.1:5000/busybox:1.28';

/** A container that runs a command: words, or one text for the shell. */
export function container(name: string, command: string | readonly string[], rest: Fields = {}): Fields {
  return { name, image: busybox, command: typeof command === 'string' ? ['sh', '-c', command] : [...command], ...rest };
}

/** The app container that just runs. */
export const app = container('app', ['sleep', '3600']);

/** A pod. */
export function pod(name: string, spec: Fields, metadata: Fields = {}): Manifest {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec };
}

/** A pod with a sidecar between two regular init containers. */
export const proxied = pod('proxied', {
  terminationGracePeriodSeconds: 1,
  initContainers: [
    container('before', ['sleep', '1']),
    container('proxy', ['sleep', '3600'], { restartPolicy: 'Always' }),
    container('after', ['sleep', '2']),
  ],
  containers: [app],
});

/** A Deployment whose pods carry the label `app` with its name. */
export function deployment(name: string, replicas: number, spec: Fields): Manifest {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, ...spec } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template },
  };
}

/** A Service for the pods with these labels. */
export function service(name: string, port: number, selector: Fields = { app: name }): Manifest {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector, ports: [{ port }] } };
}

/** A Job. */
export function job(name: string, spec: Fields, podSpec: Fields): Manifest {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { ...spec, template: { spec: podSpec } } };
}

/** A DaemonSet whose pods carry the label `app` with its name. */
export function daemonSet(name: string, podSpec: Fields): Manifest {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: podSpec };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template },
  };
}

/** A StatefulSet whose pods carry the label `app` with its name. */
export function statefulSet(name: string, replicas: number, podSpec: Fields): Manifest {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: podSpec };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name },
    spec: { serviceName: name, replicas, selector: { matchLabels: labels }, template },
  };
}

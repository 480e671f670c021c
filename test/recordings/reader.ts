import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';

/** The kubelet that wrote the pods' status. The control plane is 1.36.3 in all recordings. */
export type Kubelet = '1.36' | '1.34' | '1.33';

/** One scenario, recorded in a namespace of the same name. */
export type Recording = Readonly<{ scenario: string; kubelet: Kubelet }>;

export type Resource = 'pods' | 'podTable' | 'events' | 'replicasets' | 'jobs' | 'nodes' | 'namespaces';

/** What a watcher received: the body of a list, one line of a watch byte for byte, or the end of a watch. */
export type Line = Readonly<{ receivedAt: string; resource: Resource }> &
  (Readonly<{ list: string }> | Readonly<{ frame: string }> | Readonly<{ closed: true }>);

/** What the container runtime knows. `at` has nanoseconds; an exit's is the exit itself. */
export type Truth = Readonly<{
  at: string;
  containerId: string;
  what: 'created' | 'started' | 'exited';
  pod?: string;
  namespace?: string;
  podUid?: string;
  container?: string;
  kind?: 'container' | 'sandbox';
  exitCode?: number;
}>;

const kubelets: readonly Kubelet[] = ['1.36', '1.34', '1.33'];

/** All recordings, by kubelet and name. */
export function recordings(): Recording[] {
  return kubelets.flatMap((kubelet) =>
    namesOf(kubelet, '.watch.jsonl.zst').map((scenario) => ({ scenario, kubelet })),
  );
}

/** What the watcher received of a scenario's pods, their Table, events, ReplicaSets and Jobs, in its order. */
export function frames({ scenario, kubelet }: Recording): Line[] {
  return read<Line>(kubelet, `${scenario}.watch.jsonl.zst`);
}

/** What the runtime saw in a scenario. */
export function truth({ scenario, kubelet }: Recording): Truth[] {
  return read<Truth>(kubelet, `${scenario}.truth.jsonl.zst`);
}

/** The runs of a kubelet, each with the nodes, namespaces and other events of the scenarios that ran side by side in it. */
export function runs(kubelet: Kubelet): string[] {
  return namesOf(kubelet, '.jsonl.zst').flatMap((name) => /^cluster-([^.]+)$/.exec(name)?.[1] ?? []);
}

/** What the watcher received of nodes, namespaces and other events in a run. */
export function clusterFrames(kubelet: Kubelet, run: string): Line[] {
  return read<Line>(kubelet, `cluster-${run}.jsonl.zst`);
}

function unpacked(path: string): string {
  return zstdDecompressSync(readFileSync(path)).toString('utf8');
}

function namesOf(kubelet: Kubelet, ending: string): string[] {
  const files = readdirSync(folderOf(kubelet)).filter((file) => file.endsWith(ending));
  return files.map((file) => file.slice(0, -ending.length)).toSorted();
}

function read<Row>(kubelet: Kubelet, file: string): Row[] {
  const lines = unpacked(join(folderOf(kubelet), file)).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
}

function folderOf(kubelet: Kubelet): string {
  return join(import.meta.dirname, `kubelet-${kubelet}`);
}

/** What was revealed: read from the lines that the recorder was sent, or from those of a second watcher. */
import { readFileSync } from 'node:fs';
import type { Line } from '../recordings/reader.js';

export type Status = Readonly<{
  name: string;
  containerID?: string;
  restartCount?: number;
  state?: State;
  lastState?: State;
}>;
type State = Readonly<{
  running?: { startedAt?: string };
  terminated?: { containerID?: string; finishedAt?: string | null; exitCode?: number; reason?: string };
  waiting?: { reason?: string };
}>;
type Container = Readonly<{
  name: string;
  restartPolicy?: string;
  restartPolicyRules?: readonly Readonly<{ action: string; exitCodes?: { operator: string; values: number[] } }>[];
}>;

export type Pod = Readonly<{
  metadata: Readonly<{
    uid: string;
    name: string;
    namespace: string;
    resourceVersion: string;
    deletionTimestamp?: string;
    annotations?: Readonly<Record<string, string>>;
  }>;
  spec: Readonly<{ restartPolicy?: string; initContainers?: readonly Container[]; containers: readonly Container[] }>;
  status: Readonly<{
    phase?: string;
    startTime?: string;
    initContainerStatuses?: readonly Status[];
    containerStatuses?: readonly Status[];
  }>;
}>;

/** A pod at a moment: when it came, and how. */
export type Look = Readonly<{ pod: Pod; receivedAt: string; how: 'listed' | 'ADDED' | 'MODIFIED' | 'DELETED' }>;
export type Cells = Readonly<{ ready: string; status: string; restarts: string }>;

/** The whole lines of a file in the format of `test/recordings`. */
export const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);

/** Every look at a pod of a namespace, or of all, in the order in which they came. */
export const looksOf = (lines: readonly Line[], namespace?: string): Look[] =>
  lines
    .filter(({ resource }) => resource === 'pods')
    .flatMap((line) => podsIn(line))
    .filter(({ pod }) => namespace === undefined || pod.metadata.namespace === namespace);

/** Uids of the pods that Events are about. */
export const podsNamedIn = (lines: readonly Line[]): ReadonlySet<string> =>
  new Set(
    lines
      .filter(({ resource }) => resource === 'events')
      .flatMap(eventsIn)
      .flatMap(({ involvedObject }) => involvedObject?.uid ?? []),
  );

type Event = Readonly<{ involvedObject?: Readonly<{ uid?: string }> }>;

function eventsIn(line: Line): readonly Event[] {
  if ('list' in line) return (JSON.parse(line.list) as { items: Event[] | null }).items ?? [];
  return 'frame' in line ? [(JSON.parse(line.frame) as { object: Event }).object] : [];
}

function podsIn(line: Line): Look[] {
  const { receivedAt } = line;
  if ('list' in line)
    return (
      (JSON.parse(line.list) as { items: Pod[] | null }).items?.map((pod) => ({ pod, receivedAt, how: 'listed' })) ?? []
    );
  if (!('frame' in line)) return [];
  const { type, object } = JSON.parse(line.frame) as { type: string; object: Pod };
  return type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' ? [{ pod: object, receivedAt, how: type }] : [];
}

const bare = (containerId: string | undefined): string[] =>
  containerId ? [containerId.replace(/^[a-z-]+:\/\//, '')] : [];

/** Ids of the instances that a status names. */
export const namedIn = ({ containerID, state, lastState }: Status): string[] =>
  [containerID, state?.terminated?.containerID, lastState?.terminated?.containerID].flatMap(bare);

/** Ids of the instances whose true end a status tells. */
export const endedIn = ({ containerID, state, lastState }: Status): string[] => [
  ...(state?.terminated?.finishedAt ? bare(state.terminated.containerID ?? containerID) : []),
  ...(lastState?.terminated?.finishedAt ? bare(lastState.terminated.containerID) : []),
];

type Row = Readonly<{ object: { metadata: { resourceVersion: string; uid?: string } }; cells: unknown[] }>;

/** What kubectl printed, by the pod's resourceVersion. */
export function printedIn(lines: readonly Line[]): ReadonlyMap<string, Cells> {
  const cells = new Map<string, Cells>();
  for (const line of lines) {
    if (line.resource !== 'podTable' || !('frame' in line)) continue;
    const { type, object } = JSON.parse(line.frame) as {
      type: string;
      object: { metadata: { resourceVersion: string }; rows: Row[] };
    };
    if (type === 'BOOKMARK' || type === 'ERROR') continue;
    const [, ready, status, restarts] = (object.rows[0]?.cells ?? []).map(String);
    if (ready === undefined || status === undefined || restarts === undefined) continue;
    cells.set(object.metadata.resourceVersion, { ready, status, restarts: restarts.split(' ')[0] ?? '' });
  }
  return cells;
}

/**
 * A reader of stored bodies that shares no code with the product: written from the description of what the store holds,
 * it shows that a stranger can read a history from the store alone.
 */
export type StoredParts = Record<string, unknown>;

type Body = {
  type: string;
  resourceVersion: string | null;
  parts?: StoredParts;
  event?: { involvedObject: { uid?: string } };
};

/** A pod's parts as they were after each of its stored observations. */
export type Step = Readonly<{ resourceVersion: string | null; parts: StoredParts; gone: boolean }>;

/** Folds the stored bodies of one stream: a part lies over its older self, null takes it away. */
export function stepsOf(bodies: readonly string[]): Step[] {
  const steps: Step[] = [];
  let parts: StoredParts = {};
  for (const text of bodies) {
    const body = JSON.parse(text) as Body;
    if (body.type !== 'PodObserved' && body.type !== 'PodGone') continue;
    parts = { ...parts, ...body.parts };
    for (const name of Object.keys(parts)) if (parts[name] === null) delete parts[name];
    steps.push({ resourceVersion: body.resourceVersion, parts, gone: body.type === 'PodGone' });
  }
  return steps;
}

/** The parts as of a resourceVersion: the last step at or before it. */
export function stepAt(steps: readonly Step[], resourceVersion: string): Step | undefined {
  return steps.findLast(
    (step) => step.resourceVersion !== null && BigInt(step.resourceVersion) <= BigInt(resourceVersion),
  );
}

type Terminated = {
  exitCode: number;
  signal?: number;
  reason?: string;
  containerID?: string;
  startedAt?: string;
  finishedAt?: string;
};
type State = { waiting?: { reason?: string }; running?: { startedAt: string }; terminated?: Terminated };
type ContainerStatus = {
  name: string;
  ready?: boolean;
  started?: boolean;
  restartCount: number;
  containerID?: string;
  state?: State;
  lastState?: State;
};

/** READY, STATUS and the number in RESTARTS. */
export type Cells = { ready: string; status: string; restarts: number };

/** What kubectl's three columns say of a pod: printPod of Kubernetes 1.36, from the stored parts. */
export function cellsOf(parts: StoredParts): Cells {
  const pod = podOf(parts);
  const cells: Cells = { ready: '', status: pod.status.reason ?? pod.status.phase, restarts: 0 };
  if (pod.condition('PodScheduled')?.reason === 'SchedulingGated') cells.status = 'SchedulingGated';
  const total = pod.containers.length + pod.initContainers.filter((each) => pod.isSidecar(each)).length;
  let ready = 0;
  let sidecarRestarts = 0;
  let initializing = false;
  for (const [at, status] of pod.initStatuses.entries()) {
    const sidecar = pod.isSidecar(status.name);
    cells.restarts += status.restartCount;
    if (sidecar) sidecarRestarts += status.restartCount;
    if (status.state?.terminated?.exitCode === 0) continue;
    if (sidecar && status.started === true) {
      ready += Number(status.ready === true);
      continue;
    }
    cells.status = initReason(status.state, `Init:${at}/${pod.initContainers.length}`);
    initializing = true;
    break;
  }
  if (!initializing || pod.condition('Initialized')?.status === 'True') {
    cells.restarts = sidecarRestarts;
    ready += appCells(pod, cells);
  }
  if (pod.deleted && pod.status.reason === 'NodeLost') cells.status = 'Unknown';
  else if (pod.deleted && pod.status.phase !== 'Failed' && pod.status.phase !== 'Succeeded')
    cells.status = 'Terminating';
  cells.ready = `${ready}/${total}`;
  return cells;
}

function initReason(state: State | undefined, counted: string): string {
  const { terminated, waiting } = state ?? {};
  if (terminated) return `Init:${endOf(terminated)}`;
  return waiting?.reason && waiting.reason !== 'PodInitializing' ? `Init:${waiting.reason}` : counted;
}

function endOf({ reason, signal, exitCode }: Terminated): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

/** The containers' share of the cells; how many of them are ready. */
function appCells(pod: Pod, cells: Cells): number {
  let ready = 0;
  let errorReason = '';
  for (const status of pod.statuses.toReversed()) {
    const { waiting, terminated, running } = status.state ?? {};
    cells.restarts += status.restartCount;
    if (waiting?.reason) cells.status = waiting.reason;
    else if (terminated) {
      cells.status = endOf(terminated);
      if (terminated.exitCode !== 0) errorReason = cells.status;
    } else if (status.ready === true && running) ready += 1;
  }
  if (cells.status !== 'Completed') return ready;
  if (ready > 0 && pod.condition('Ready')?.status === 'True') cells.status = 'Running';
  else if (errorReason !== '') cells.status = errorReason;
  else if (ready > 0) cells.status = 'NotReady';
  return ready;
}

type Pod = ReturnType<typeof podOf>;

type PodStatus = {
  phase: string;
  reason?: string;
  initContainerStatuses?: string[];
  containerStatuses?: string[];
};

function podOf(parts: StoredParts) {
  const spec = (parts['spec'] ?? {}) as { initContainers?: string[]; containers?: string[] };
  const status = (parts['status'] ?? { phase: '' }) as PodStatus;
  const listed = (names: string[] | undefined, prefix: string) =>
    (names ?? []).flatMap((name) => (parts[prefix + name] ?? []) as ContainerStatus | []);
  return {
    status,
    initContainers: spec.initContainers ?? [],
    containers: spec.containers ?? [],
    initStatuses: listed(status.initContainerStatuses, 'status.initContainer.'),
    statuses: listed(status.containerStatuses, 'status.container.'),
    deleted: parts['deletion'] !== undefined,
    condition: (type: string) => parts[`condition.${type}`] as { status: string; reason?: string } | undefined,
    isSidecar: (name: string) =>
      (parts[`spec.initContainer.${name}`] as { restartPolicy?: string } | undefined)?.restartPolicy === 'Always',
  };
}

/** One instance of a container, as far as it was revealed. */
export type Instance = {
  container: string;
  startedAt: string | null;
  finishedAt: string | null;
  exitCode: number | null;
};

/** Every instance that container statuses reveal, by container id. Later looks know more. */
export function instancesIn(statuses: readonly ContainerStatus[], known: Map<string, Instance>): void {
  for (const status of statuses) {
    const ended = [status.lastState?.terminated, status.state?.terminated];
    for (const end of ended) {
      if (!end?.containerID) continue;
      const { containerID, startedAt = null, finishedAt = null, exitCode } = end;
      known.set(containerID, { container: status.name, startedAt, finishedAt, exitCode });
    }
    const running = status.state?.running;
    if (!running || !status.containerID || known.get(status.containerID)?.finishedAt) continue;
    known.set(status.containerID, {
      container: status.name,
      startedAt: running.startedAt,
      finishedAt: null,
      exitCode: null,
    });
  }
}

/** All instances of init containers that a pod's steps reveal, in all cycles. */
export function attemptsOf(steps: readonly Step[]): Map<string, Instance> {
  const known = new Map<string, Instance>();
  for (const { parts } of steps) instancesIn(podOf(parts).initStatuses, known);
  return known;
}

/**
 * READY, STATUS and RESTARTS as `kubectl get pods` prints them: printPod of the API server (semantics section 5), which
 * differs by the server's minor version. Held against the Table of every recorded frame.
 */
import { later, millis } from './time.js';
import { isSidecar, text, viewOf, type ContainerStatus, type PodView, type Terminated } from './snapshot.js';
import type { Parts } from './observations.js';

export type StatusCells = Readonly<{
  status: string;
  ready: string;
  restarts: number;
  /** End of the instance before the newest of these restarts, RFC 3339: kubectl's "(… ago)". Null where it prints none. */
  lastRestartAt: string | null;
}>;

/** What the column is made of while its rules are applied one after another. */
type Tally = { reason: string; restarts: number; lastRestartAt: string | null; ready: number };

/** The rules of the newest server that was read, for one whose version is not known. */
const newest = 36;

const exitCode = (ended: Terminated): number => (typeof ended.exitCode === 'number' ? ended.exitCode : 0);

function endedAs(ended: Terminated): string {
  const reason = text(ended.reason);
  if (reason !== null) return reason;
  return ended.signal ? `Signal:${ended.signal}` : `ExitCode:${exitCode(ended)}`;
}

const restartsOf = (status: ContainerStatus): number => status.restartCount;

function addRestarts(tally: Tally, status: ContainerStatus): void {
  tally.restarts += restartsOf(status);
  const ended = text(status.lastState.terminated?.finishedAt);
  if (millis(ended) !== null) tally.lastRestartAt = later(tally.lastRestartAt, ended);
}

const conditionIs = (view: PodView, type: string, status: string): boolean => view.conditions[type]?.status === status;

/** What the first init container that is not done makes of the column; undefined if it is done. */
function unfinished(view: PodView, index: number, sidecar: boolean): string | undefined {
  const status = view.initStatuses[index];
  const { terminated, waiting } = status?.state ?? {};
  if (terminated && exitCode(terminated) === 0) return undefined;
  if (sidecar && status?.started === true) return undefined;
  if (terminated) return `Init:${endedAs(terminated)}`;
  const reason = text(waiting?.reason);
  if (reason !== null && reason !== 'PodInitializing') return `Init:${reason}`;
  return `Init:${index}/${view.initContainers.length}`;
}

type InitPart = Tally & {
  initializing: boolean;
  sidecars: Readonly<{ restarts: number; lastRestartAt: string | null }>;
};

function initPart(view: PodView, reason: string, minor: number): InitPart {
  const all: Tally = { reason, restarts: 0, lastRestartAt: null, ready: 0 };
  const sidecars: Tally = { reason, restarts: 0, lastRestartAt: null, ready: 0 };
  let initializing = false;
  for (const [index, status] of view.initStatuses.entries()) {
    // Up to 1.27 the server knew no sidecars (semantics section 5, differences).
    const sidecar = minor >= 28 && isSidecar(view.initContainers.find((container) => container.name === status.name));
    addRestarts(all, status);
    if (sidecar) addRestarts(sidecars, status);
    const blocked = unfinished(view, index, sidecar);
    if (blocked !== undefined) {
      all.reason = blocked;
      initializing = true;
      break;
    }
    const ended = status.state.terminated;
    if (sidecar && !(ended && exitCode(ended) === 0) && status.ready === true) all.ready++;
  }
  return { ...all, initializing, sidecars };
}

/** The app containers, last first: the first of the list has the last word. */
function appPart(view: PodView, tally: Tally, minor: number): void {
  let running = false;
  let error = '';
  for (const status of view.statuses.toReversed()) {
    addRestarts(tally, status);
    const { waiting, terminated, running: runs } = status.state;
    const waitingFor = text(waiting?.reason);
    if (waitingFor !== null) tally.reason = waitingFor;
    else if (terminated) {
      tally.reason = endedAs(terminated);
      if (exitCode(terminated) !== 0) error = tally.reason;
    } else if (status.ready === true && runs) {
      running = true;
      tally.ready++;
    }
  }
  if (tally.reason !== 'Completed') return;
  const podReady = conditionIs(view, 'Ready', 'True');
  if (minor < 35) {
    if (running) tally.reason = podReady ? 'Running' : 'NotReady';
  } else if (running && podReady) tally.reason = 'Running';
  else if (error !== '') tally.reason = error;
  else if (running) tally.reason = 'NotReady';
}

function whileDeleted(view: PodView, reason: string, minor: number): string {
  if (text(view.deletion?.deletionTimestamp) === null) return reason;
  if (view.status.reason === 'NodeLost') return 'Unknown';
  const ended = view.status.phase === 'Failed' || view.status.phase === 'Succeeded';
  return minor >= 31 && ended ? reason : 'Terminating';
}

function podReason(view: PodView, minor: number): string {
  const gated = view.conditions['PodScheduled']?.reason === 'SchedulingGated';
  if (gated && minor >= 26) return 'SchedulingGated';
  return text(view.status.reason) ?? text(view.status.phase) ?? '';
}

/**
 * Once init is over the restarts of regular init containers vanish from the cell; up to 1.27 the time of the newest of
 * them stays, so that kubectl prints "0 (5m ago)" (semantics section 5, differences).
 */
function passedOn(init: InitPart, minor: number): Tally {
  const { reason, ready, lastRestartAt, sidecars } = init;
  return {
    reason,
    ready,
    restarts: sidecars.restarts,
    lastRestartAt: minor >= 28 ? sidecars.lastRestartAt : lastRestartAt,
  };
}

/**
 * The three cells for the parts of a pod.
 *
 * @param serverMinor minor version of the API server that prints them; null for the newest known
 */
export function statusColumn(parts: Parts, serverMinor: number | null): StatusCells {
  const view = viewOf(parts);
  const minor = serverMinor ?? newest;
  const sidecarCount = minor >= 28 ? view.initContainers.filter(isSidecar).length : 0;
  const init = initPart(view, podReason(view, minor), minor);
  const appsTurn = !init.initializing || (minor >= 28 && conditionIs(view, 'Initialized', 'True'));
  const tally: Tally = appsTurn ? passedOn(init, minor) : init;
  if (appsTurn) appPart(view, tally, minor);
  return {
    status: whileDeleted(view, tally.reason, minor),
    ready: `${tally.ready}/${view.containers.length + sidecarCount}`,
    restarts: tally.restarts,
    lastRestartAt: minor >= 28 && tally.restarts === 0 ? null : tally.lastRestartAt,
  };
}

import { fieldAt, isFields, listAt, textAt, type Fields, type StoredObject } from './kube-object.js';

/*
 * The columns that kubectl prints for a pod: printPod of kube-apiserver 1.36 (`k/k:pkg/printers/internalversion/printers.go`).
 */

type Sum = { reason: string; restarts: number; ready: number; lastRestart: number };

const none = '<none>';

/** Name, ready, status, restarts, age, and the wide ones: IP, node, nominated node, readiness gates. */
export function podCells(pod: StoredObject, now: number): unknown[] {
  const containers = listAt(pod, 'spec', 'containers');
  const sidecars = listAt(pod, 'spec', 'initContainers').filter(isSidecar);
  const { reason, restarts, ready, lastRestart } = summary(pod);
  const ago = restarts !== 0 && lastRestart > 0 ? ` (${age(now - lastRestart)} ago)` : '';
  return [
    textAt(pod, 'metadata', 'name'),
    `${ready}/${containers.length + sidecars.length}`,
    reason,
    `${restarts}${ago}`,
    ageSince(textAt(pod, 'metadata', 'creationTimestamp'), now),
    textAt(listAt(pod, 'status', 'podIPs')[0], 'ip') || none,
    textAt(pod, 'spec', 'nodeName') || none,
    textAt(pod, 'status', 'nominatedNodeName') || none,
    readinessGates(pod),
  ];
}

const isSidecar = (container: unknown): boolean => textAt(container, 'restartPolicy') === 'Always';
const finishedAt = (status: unknown): number =>
  Date.parse(textAt(status, 'lastState', 'terminated', 'finishedAt')) || 0;
const restartsOf = (status: unknown): number => Number(fieldAt(status, 'restartCount') ?? 0);

const conditionIs = (pod: StoredObject, type: string, status: string): boolean =>
  listAt(pod, 'status', 'conditions').some((one) => textAt(one, 'type') === type && textAt(one, 'status') === status);

function summary(pod: StoredObject): Sum {
  const gated = listAt(pod, 'status', 'conditions').some(
    (one) => textAt(one, 'type') === 'PodScheduled' && textAt(one, 'reason') === 'SchedulingGated',
  );
  const stated = textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase');
  const init = initSummary(pod, gated ? 'SchedulingGated' : stated);
  const initialized = !init.initializing || conditionIs(pod, 'Initialized', 'True');
  const sum = initialized ? appSummary(pod, { ...init, ...init.sidecars }) : init;
  return { ...sum, reason: deletionReason(pod, sum.reason) };
}

type InitSum = Sum & { initializing: boolean; sidecars: { restarts: number; lastRestart: number } };

function initSummary(pod: StoredObject, reason: string): InitSum {
  const declared = listAt(pod, 'spec', 'initContainers');
  const sum: InitSum = {
    reason,
    restarts: 0,
    ready: 0,
    lastRestart: 0,
    initializing: false,
    sidecars: { restarts: 0, lastRestart: 0 },
  };
  for (const [index, status] of listAt(pod, 'status', 'initContainerStatuses').entries()) {
    const sidecar = declared.some((one) => textAt(one, 'name') === textAt(status, 'name') && isSidecar(one));
    count(sum, status);
    if (sidecar) count(sum.sidecars, status);
    const ended = fieldAt(status, 'state', 'terminated');
    if (isFields(ended) && (ended['exitCode'] ?? 0) === 0) continue;
    if (sidecar && fieldAt(status, 'started') === true) {
      if (fieldAt(status, 'ready') === true) sum.ready += 1;
      continue;
    }
    return { ...sum, reason: initReason(status, ended, `${index}/${declared.length}`), initializing: true };
  }
  return sum;
}

function count(sum: { restarts: number; lastRestart: number }, status: unknown): void {
  sum.restarts += restartsOf(status);
  sum.lastRestart = Math.max(sum.lastRestart, finishedAt(status));
}

function initReason(status: unknown, ended: unknown, progress: string): string {
  if (isFields(ended)) return `Init:${endReason(ended)}`;
  const waiting = textAt(status, 'state', 'waiting', 'reason');
  return `Init:${waiting && waiting !== 'PodInitializing' ? waiting : progress}`;
}

function endReason(ended: Fields): string {
  const reason = textAt(ended, 'reason');
  if (reason) return reason;
  const signal = Number(ended['signal'] ?? 0);
  return signal === 0 ? `ExitCode:${Number(ended['exitCode'] ?? 0)}` : `Signal:${signal}`;
}

function appSummary(pod: StoredObject, init: Sum): Sum {
  const sum = { ...init };
  let errorReason = '';
  let hasRunning = false;
  for (const status of listAt(pod, 'status', 'containerStatuses').toReversed()) {
    count(sum, status);
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    const ended = fieldAt(status, 'state', 'terminated');
    if (waiting) sum.reason = waiting;
    else if (isFields(ended)) {
      sum.reason = endReason(ended);
      if ((ended['exitCode'] ?? 0) !== 0) errorReason = sum.reason;
    } else if (fieldAt(status, 'ready') === true && isFields(fieldAt(status, 'state', 'running'))) {
      hasRunning = true;
      sum.ready += 1;
    }
  }
  if (sum.reason !== 'Completed') return sum;
  if (hasRunning && conditionIs(pod, 'Ready', 'True')) return { ...sum, reason: 'Running' };
  if (errorReason) return { ...sum, reason: errorReason };
  return hasRunning ? { ...sum, reason: 'NotReady' } : sum;
}

function deletionReason(pod: StoredObject, reason: string): string {
  if (!textAt(pod, 'metadata', 'deletionTimestamp')) return reason;
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown';
  return ['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase')) ? reason : 'Terminating';
}

function readinessGates(pod: StoredObject): string {
  const gates = listAt(pod, 'spec', 'readinessGates');
  if (gates.length === 0) return none;
  const open = gates.filter((gate) => conditionIs(pod, textAt(gate, 'conditionType'), 'True'));
  return `${open.length}/${gates.length}`;
}

const ageSince = (since: string, now: number): string => (since ? age(now - Date.parse(since)) : '<unknown>');

type Step = {
  readonly below: number;
  readonly unit: number;
  readonly sign: string;
  readonly rest?: readonly [number, string];
};
const minute = 60;
const hour = 3_600;
const day = 86_400;

const steps: readonly Step[] = [
  { below: 2 * minute, unit: 1, sign: 's' },
  { below: 10 * minute, unit: minute, sign: 'm', rest: [1, 's'] },
  { below: 3 * hour, unit: minute, sign: 'm' },
  { below: 8 * hour, unit: hour, sign: 'h', rest: [minute, 'm'] },
  { below: 2 * day, unit: hour, sign: 'h' },
  { below: 8 * day, unit: day, sign: 'd', rest: [hour, 'h'] },
  { below: 2 * 365 * day, unit: day, sign: 'd' },
  { below: 8 * 365 * day, unit: 365 * day, sign: 'y', rest: [day, 'd'] },
  { below: Number.POSITIVE_INFINITY, unit: 365 * day, sign: 'y' },
];

/** A span as kubectl prints it: one unit, or two where one would be coarse (`apimachinery:pkg/util/duration`, HumanDuration). */
export function age(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  const { unit, sign, rest } = steps.find(({ below }) => seconds < below) as Step;
  const whole = Math.floor(seconds / unit);
  const left = rest ? Math.floor((seconds % unit) / rest[0]) : 0;
  return rest && left > 0 ? `${whole}${sign}${left}${rest[1]}` : `${whole}${sign}`;
}

import { ApiError } from './api-error.js';
import { listAt, textAt, type StoredObject } from './kube-object.js';
import { badRequest } from './refusals.js';

/** Which log of which container is wanted. */
export type LogRequest = { namespace: string; pod: string; podUid: string; container: string; previous: boolean };

/** Who has the logs: the kubelets. Each line stands behind its time and a space. `undefined` where there is no such instance. */
export type LogSource = (request: LogRequest) => string | undefined;

const lists = [
  ['initContainers', 'initContainerStatuses'],
  ['containers', 'containerStatuses'],
  ['ephemeralContainers', 'ephemeralContainerStatuses'],
] as const;

/**
 * The text of a container's log, `undefined` while no node has the pod (`k/k:pkg/registry/core/pod/strategy.go`, LogLocation, and the kubelet's words).
 *
 * @throws ApiError 400 when the container is not named, unknown, or has not started
 */
export function podLog(pod: StoredObject, query: URLSearchParams, source: LogSource): string | undefined {
  const container = containerOf(pod, query.get('container') ?? '');
  const previous = ['true', '1'].includes(query.get('previous') ?? '');
  const { name, namespace = '', uid } = pod.metadata;
  if (!textAt(pod, 'spec', 'nodeName')) return undefined;
  const text = source({ namespace, pod: name, podUid: uid, container, previous });
  if (text === undefined && previous) {
    throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
  }
  if (text === undefined) throw notStarted(pod, container);
  return limited(text, query);
}

function containerOf(pod: StoredObject, asked: string): string {
  const { name } = pod.metadata;
  const names = (list: string) => listAt(pod, 'spec', list).map((one) => textAt(one, 'name'));
  const all = lists.flatMap(([declared]) => names(declared));
  if (asked && !all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
  const apps = names('containers');
  if (asked || apps.length === 1) return asked || (apps[0] ?? '');
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(' ')}]`);
}

function notStarted(pod: StoredObject, container: string): ApiError {
  const statuses = lists.flatMap(([, list]) => listAt(pod, 'status', list));
  const status = statuses.find((one) => textAt(one, 'name') === container);
  const reason = textAt(status, 'state', 'waiting', 'reason');
  const why =
    reason === 'PodInitializing' || !reason ? 'is waiting to start: PodInitializing' : `is waiting to start: ${reason}`;
  return badRequest(`container "${container}" in pod "${pod.metadata.name}" ${why}`);
}

/** The lines of a log, each with its newline. */
export const linesOf = (text: string): string[] => (text === '' ? [] : text.split(/(?<=\n)/));

/** The log without the times of its lines. */
export const unstamped = (text: string): string =>
  linesOf(text)
    .map((line) => line.slice(line.indexOf(' ') + 1))
    .join('');

function limited(stamped: string, query: URLSearchParams): string {
  const tail = query.get('tailLines');
  const text = ['true', '1'].includes(query.get('timestamps') ?? '') ? stamped : unstamped(stamped);
  const lines = linesOf(text);
  const kept = tail === null ? text : lines.slice(lines.length - Math.min(lines.length, Number(tail))).join('');
  const bytes = query.get('limitBytes');
  return bytes === null ? kept : Buffer.from(kept).subarray(0, Number(bytes)).toString();
}

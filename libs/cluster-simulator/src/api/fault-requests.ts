import type { IncomingMessage } from 'node:http';
import { readBody } from './bodies.js';
import type { Faults } from './faults.js';
import { isFields, textAt, type Fields } from './kube-object.js';
import { badRequest } from './refusals.js';
import { resources, type ResourceName } from './resources.js';

type Command = (faults: Faults, given: Fields) => void;

const number = (given: Fields, name: string, otherwise: number): number => Number(given[name] ?? otherwise);

function nameIn(given: Fields, name: string): string {
  const value = given[name];
  if (typeof value !== 'string' || value === '') throw badRequest(`${name} must be named`);
  return value;
}

function scope({ resource }: Fields): { resource?: ResourceName } {
  if (resource === undefined) return {};
  if (!resources.some(({ name }) => name === resource))
    throw badRequest(`no such resource: ${JSON.stringify(resource)}`);
  return { resource: resource as ResourceName };
}

const commands: Readonly<Record<string, Command>> = {
  dropWatches: (faults, given) => faults.dropWatches(scope(given)),
  cutWatches: (faults, given) => faults.cutWatches(scope(given)),
  cutMidLine: (faults, given) => faults.cutMidLine(scope(given)),
  stallWatches: (faults, given) => faults.stallWatches(scope(given)),
  delayFrames: (faults, given) => faults.delayFrames(number(given, 'delayMs', 1_000), scope(given)),
  duplicateFrames: (faults, given) => faults.duplicateFrames(number(given, 'times', 1), scope(given)),
  expire: (faults) => faults.expire(),
  compact: (faults, given) =>
    faults.compact(given['revision'] === undefined ? undefined : number(given, 'revision', 0)),
  resetResourceVersions: (faults, given) => faults.resetResourceVersions(number(given, 'revision', 0)),
  refuseConnections: (faults, given) => faults.refuseConnections(number(given, 'forMs', 5_000)),
  tooManyRequests: (faults, given) =>
    faults.tooManyRequests(number(given, 'times', 1), number(given, 'retryAfterSeconds', 1)),
  serverErrors: (faults, given) =>
    faults.serverErrors(number(given, 'times', 1), number(given, 'code', 500) === 503 ? 503 : 500),
  shortenPages: (faults, given) => faults.shortenPages(number(given, 'most', 1)),
  expireContinuations: (faults, given) => faults.expireContinuations(number(given, 'times', 1)),
  ageBookmarks: (faults, given) => faults.ageBookmarks(number(given, 'times', 1)),
  refuseTokens: (faults) => faults.refuseTokens(),
  restartApi: (faults) => faults.restartApi(),
  killApi: (faults) => faults.killApi(),
  heal: (faults) => faults.heal(),
  killSandbox: (faults, given) =>
    faults.node.killSandbox({ namespace: nameIn(given, 'namespace'), name: nameIn(given, 'pod') }),
  reboot: (faults, given) => faults.node.reboot(nameIn(given, 'node')),
  stopKubelet: (faults, given) => faults.node.stopKubelet(nameIn(given, 'node')),
  startKubelet: (faults, given) => faults.node.startKubelet(nameIn(given, 'node')),
  loseNode: (faults, given) => faults.node.loseNode(nameIn(given, 'node')),
  shutdown: (faults, given) => faults.node.shutdown(nameIn(given, 'node')),
  evict: (faults, given) =>
    faults.node.evict(
      { namespace: nameIn(given, 'namespace'), name: nameIn(given, 'pod') },
      given['lowOn'] === undefined ? undefined : nameIn(given, 'lowOn'),
    ),
  cutFromApi: (faults, given) => faults.node.cutFromApi(nameIn(given, 'node'), number(given, 'forMs', 5_000)),
};

/**
 * Does what a body asks for: `{ "fault": "cutWatches", "resource": "pods" }`. The names are those of the methods of `Faults`, and of its `node`.
 *
 * @throws ApiError 400 when there is no such fault, or nothing of that name for it to happen to
 */
export async function performFault(faults: Faults, request: IncomingMessage): Promise<Fields> {
  const text = (await readBody(request)).toString();
  const given: unknown = JSON.parse(text || '{}');
  if (!isFields(given)) throw badRequest('a fault is an object');
  const name = textAt(given, 'fault');
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw badRequest(`no such fault: ${name}; there are ${Object.keys(commands).join(', ')}`);
  try {
    command(faults, given);
  } catch (refusal) {
    if (refusal instanceof RangeError) throw badRequest(refusal.message);
    throw refusal;
  }
  return { fault: name, watches: faults.watches() };
}

import { applied } from './apply.js';
import { bodyOf, readDeleteBody, readObject, readPatch } from './bodies.js';
import type { DeleteOptions } from './deletion.js';
import { encodeList } from './encoding.js';
import { toCoreEvent } from './events.js';
import { fieldAt, isFields, listAt, textAt, type Fields, type KubeObject, type StoredObject } from './kube-object.js';
import { readListOptions } from './list-options.js';
import type { ObjectStore } from './object-store.js';
import type { Writer } from './ownership.js';
import type { Where } from './where.js';
import { badRequest, methodNotAllowed } from './refusals.js';
import type { Call, Target } from './request.js';
import { apiVersionOf, type Resource, type ResourceName } from './resources.js';
import type { Subresource } from './updates.js';

/** What a write answers: an object of the resource, or another body as it is. */
export type Written = { code: number } & ({ object: StoredObject } | { body: Fields });

type Request = { store: ObjectStore; call: Call; target: Target };

/**
 * Performs what a POST, PUT, PATCH or DELETE asks for.
 *
 * @throws ApiError in the server's words
 */
export async function performWrite(request: Request): Promise<Written> {
  const { call, target } = request;
  switch (call.method) {
    case 'POST':
      return target.name ? createUnder(request) : create(request);
    case 'PUT':
      return target.name ? update(request) : refuseMethod();
    case 'PATCH':
      return target.name ? patch(request) : refuseMethod();
    case 'DELETE':
      if (target.subresource) return refuseMethod();
      return target.name ? remove(request) : removeAll(request);
    default:
      return refuseMethod();
  }
}

function refuseMethod(): never {
  throw methodNotAllowed();
}

const nameOf = ({ resource }: Target): ResourceName => resource.name as ResourceName;
const whereOf = ({ namespace, name }: Target): Where => ({ ...(namespace && { namespace }), name });

/** The writer's name: as told, else what the User-Agent begins with. */
function writer({ query, userAgent }: Call, resource: Resource): Writer {
  const manager = query.get('fieldManager') || (userAgent.split('/')[0] ?? '').slice(0, 128) || 'unknown';
  return { manager, apiVersion: apiVersionOf(resource) };
}

async function read({ call, target }: Request): Promise<KubeObject> {
  const { resource, namespace, name } = target;
  const given = await readObject(call.request, bodyOf(resource));
  const { metadata } = given;
  if (namespace && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (namespace) metadata.namespace = namespace;
  if (name && metadata.name && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (name) metadata.name = name;
  return resource.group === 'events.k8s.io' ? toCoreEvent(given) : given;
}

async function create(request: Request): Promise<Written> {
  const { store, call, target } = request;
  if (target.resource.namespaced && !target.namespace) throw methodNotAllowed();
  const given = await read(request);
  return {
    code: 201,
    object: store.create(nameOf(target), given, { ...writer(call, target.resource), dryRun: isDryRun(call) }),
  };
}

async function createUnder({ store, call, target }: Request): Promise<Written> {
  if (target.subresource === 'binding') {
    const binding = await readObject(call.request, { kind: 'Binding', apiVersion: 'v1' });
    store.bind(whereOf(target), textAt(binding, 'target', 'name'));
    return { code: 201, body: success(201) };
  }
  if (target.subresource === 'eviction') {
    const eviction = await readObject(call.request, { kind: 'Eviction', apiVersion: 'policy/v1' });
    store.evict(whereOf(target), deleteOptions(fieldAt(eviction, 'deleteOptions'), call.query));
    return { code: 201, body: success(201) };
  }
  throw methodNotAllowed();
}

const success = (code: number): Fields => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code });

async function update(request: Request): Promise<Written> {
  const { store, call, target } = request;
  const given = await read(request);
  const by = { ...writer(call, target.resource), dryRun: isDryRun(call) };
  const name = nameOf(target);
  if (target.subresource === 'finalize') return finalize(request, given);
  if (name === 'leases' && !store.find(name, whereOf(target))) {
    return { code: 201, object: store.create(name, given, by) };
  }
  return { code: 200, object: store.update(name, given, by, target.subresource as Subresource) };
}

/** Takes finalizers from a namespace; when none is left of one that is being deleted, it goes. */
function finalize({ store, target: { name } }: Request, given: KubeObject): Written {
  const known = store.get('namespaces', { name });
  if (known.metadata.deletionTimestamp && listAt(given, 'spec', 'finalizers').length === 0)
    store.finalizeNamespace(name);
  return { code: 200, object: known };
}

async function patch({ store, call, target }: Request): Promise<Written> {
  const { type, body } = await readPatch(call.request);
  const subresource = target.subresource as Subresource;
  const by = { ...writer(call, target.resource), dryRun: isDryRun(call), subresource };
  const where = whereOf(target);
  if (type === 'apply') {
    const known = store.find(nameOf(target), where);
    const force = call.query.get('force') === 'true';
    return {
      code: known ? 200 : 201,
      object: applied(store, { resource: target.resource, where, config: body, by, force }),
    };
  }
  return { code: 200, object: store.patch(nameOf(target), where, { type, body }, by) };
}

async function remove({ store, call, target }: Request): Promise<Written> {
  const options = deleteOptions(await readDeleteBody(call.request), call.query);
  const { object, removed } = store.delete(nameOf(target), whereOf(target), { ...options, dryRun: isDryRun(call) });
  if (!removed || nameOf(target) === 'pods') return { code: 200, object };
  const { resource } = target;
  const details = {
    name: object.metadata.name,
    ...(resource.group && { group: resource.group }),
    kind: resource.name,
    uid: object.metadata.uid,
  };
  return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
}

/** Deletes all that a list with the same options would show, and answers with that list. */
async function removeAll({ store, call, target }: Request): Promise<Written> {
  const { resource, namespace } = target;
  if (resource.namespaced && !namespace) return refuseMethod();
  const options = deleteOptions(await readDeleteBody(call.request), call.query);
  const { matches } = readListOptions(resource, call.query);
  const objects = store.list(nameOf(target), namespace).filter(matches);
  const removed = objects.map(
    ({ metadata: { name } }) =>
      store.delete(nameOf(target), whereOf({ ...target, name }), { ...options, dryRun: isDryRun(call) }).object,
  );
  const metadata = { resourceVersion: store.resourceVersion };
  return {
    code: 200,
    body: encodeList(resource, removed, { form: { as: 'object' }, metadata, now: store.clock.now() }),
  };
}

const isDryRun = ({ query }: Call): boolean => query.getAll('dryRun').includes('All');

/** How an object is to be deleted: what the body says, then what the query says. */
export function deleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const given = isFields(body) ? body : {};
  const grace = given['gracePeriodSeconds'] ?? query.get('gracePeriodSeconds') ?? undefined;
  const { preconditions } = given;
  const { uid, resourceVersion } = isFields(preconditions) ? preconditions : {};
  return {
    ...(grace !== undefined && grace !== null && { gracePeriodSeconds: Number(grace) }),
    preconditions: {
      ...(typeof uid === 'string' && { uid }),
      ...(typeof resourceVersion === 'string' && { resourceVersion }),
    },
  };
}

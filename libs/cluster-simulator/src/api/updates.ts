import { copyOf, fieldsIn, type Fields, type KubeObject, type StoredObject } from './kube-object.js';
import { resizedSpec } from './pod-resize.js';
import type { Resource, ResourceName } from './resources.js';
import { strategies } from './strategies.js';

/** The parts of the API that write one part of an object; the empty one writes the object. */
export type Subresource = '' | 'status' | 'ephemeralcontainers' | 'resize' | 'finalize';

const hasStatus = ({ subresources }: Resource): boolean => subresources.some(({ name }) => name === 'status');

/** The fields that nobody comes to own through this part of the API, because it does not write them; who resizes a pod owns all that was given, even what is not taken. */
export function ownedByStatus(resource: Resource, subresource: Subresource): string[][] {
  if (!hasStatus(resource) || subresource === 'resize') return [];
  if (subresource !== 'status') return [['status']];
  return [['spec'], ['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']];
}

/**
 * What is stored when `given` is written over `known`: each part of the API writes its own part only, and some metadata nobody writes
 * (`apiserver:pkg/registry/rest/update.go`, BeforeUpdate, and the strategies' PrepareForUpdate).
 */
export function nextState(
  name: ResourceName,
  known: StoredObject,
  given: KubeObject,
  subresource: Subresource,
): KubeObject {
  const strategy = strategies[name];
  const next: KubeObject = { ...given, metadata: withServerFields(known, given) };
  if (subresource === 'status') {
    restore(next, known, 'spec');
    keep(next.metadata, known.metadata, 'ownerReferences');
    keep(next.metadata, known.metadata, 'finalizers');
    if (name === 'pods') keepQuality(next, known);
    return next;
  }
  if (subresource === 'ephemeralcontainers') {
    const added = fieldsIn(next, 'spec')['ephemeralContainers'];
    next['spec'] = {
      ...fieldsIn(copyOf(known) as Fields, 'spec'),
      ...(added !== undefined && { ephemeralContainers: added }),
    };
  }
  if (subresource === 'resize') {
    next['spec'] = resizedSpec(known, next);
    for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'])
      keep(next.metadata, known.metadata, field);
  }
  if (strategy.firstStatus || name === 'nodes') restore(next, known, 'status');
  if (strategy.bumpsGeneration?.(next, known)) {
    next.metadata.generation = (known.metadata.generation ?? 0) + 1;
  }
  return next;
}

function withServerFields(known: StoredObject, given: KubeObject): KubeObject['metadata'] {
  const metadata = { ...given.metadata };
  const server = [
    'uid',
    'creationTimestamp',
    'generation',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generateName',
  ] as const;
  for (const field of server) keep(metadata, known.metadata, field);
  return metadata;
}

function keep(metadata: Fields, known: Fields, field: string): void {
  if (known[field] === undefined) delete metadata[field];
  else metadata[field] = known[field];
}

function restore(next: KubeObject, known: StoredObject, field: 'spec' | 'status'): void {
  if (known[field] === undefined) delete next[field];
  else next[field] = known[field];
}

function keepQuality(next: KubeObject, known: StoredObject): void {
  const { qosClass } = fieldsIn(copyOf(known) as Fields, 'status');
  if (qosClass !== undefined) fieldsIn(next, 'status')['qosClass'] = qosClass;
}

import { clean, isObject, type JsonObject } from './canonical.js';
import type { Reduced } from './reduced.js';

/** Who an object is, and who wrote it. */
export function subjectOf(raw: JsonObject): Omit<Reduced, 'parts'> {
  const metadata = isObject(raw['metadata']) ? raw['metadata'] : {};
  return {
    uid: text(metadata['uid']) ?? '',
    name: text(metadata['name']) ?? '',
    namespace: text(metadata['namespace']) ?? null,
    resourceVersion: text(metadata['resourceVersion']) ?? '',
    managedFields: Array.isArray(metadata['managedFields']) ? (metadata['managedFields'] as unknown[]) : [],
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? clean(value) : undefined;
}

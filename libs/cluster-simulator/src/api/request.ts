import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Resource } from './resources.js';
import { findResource } from './resources.js';
import type { User } from './users.js';

/** What a path asks for, where it is about objects. */
export type Target = {
  resource: Resource;
  /** Empty for all namespaces, and for kinds that have none. */
  namespace: string;
  /** Empty for the collection. */
  name: string;
  subresource: string;
};

/** One request, as the parts of the API see it. */
export type Call = {
  request: IncomingMessage;
  response: ServerResponse;
  method: string;
  path: string;
  query: URLSearchParams;
  user: User;
  accept: string;
  userAgent: string;
};

/** A target whose path says what no request may: the kind is served, but not under this path. */
export type Path =
  | { kind: 'objects'; target: Target }
  | { kind: 'review'; group: string; resource: string }
  | { kind: 'other' }
  | { kind: 'unknown' };

const reviews: Readonly<Record<string, readonly string[]>> = {
  'authentication.k8s.io': ['tokenreviews'],
  'authorization.k8s.io': ['selfsubjectaccessreviews', 'subjectaccessreviews'],
};

/** Reads a path as kube-apiserver does: `/api/v1/…` and `/apis/GROUP/VERSION/…` are about objects. */
export function readPath(path: string): Path {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const [root] = parts;
  if (root === 'api' && parts.length > 2) return objectsAt('', parts[1] ?? '', parts.slice(2));
  if (root === 'apis' && parts.length > 3) return objectsAt(parts[1] ?? '', parts[2] ?? '', parts.slice(3));
  return { kind: 'other' };
}

function objectsAt(group: string, version: string, parts: string[]): Path {
  const review = reviews[group];
  if (review?.includes(parts[0] ?? '') && version === 'v1' && parts.length === 1) {
    return { kind: 'review', group, resource: parts[0] ?? '' };
  }
  const spaced = parts[0] === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2] ?? '');
  const [name = '', object = '', subresource = '', ...more] = spaced ? parts.slice(2) : parts;
  const resource = findResource(group, version, name);
  if (!resource || more.length > 0 || (spaced && !resource.namespaced)) return { kind: 'unknown' };
  if (subresource && !resource.subresources.some((one) => one.name === subresource)) return { kind: 'unknown' };
  if (object && resource.namespaced && !spaced) return { kind: 'unknown' };
  return {
    kind: 'objects',
    target: { resource, namespace: spaced ? (parts[1] ?? '') : '', name: object, subresource },
  };
}

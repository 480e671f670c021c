import { isAllowed, type Attributes } from './access.js';
import { ApiError } from './api-error.js';
import { fieldAt, isFields, listAt, textAt, type Fields, type KubeObject } from './kube-object.js';
import { managedAfterUpdate } from './managed-fields.js';
import { badRequest } from './refusals.js';
import type { User } from './users.js';

/** Whom the server knows, for which audiences its tokens are, and who comes without one. */
export type Authority = { users: ReadonlyMap<string, User>; audiences: readonly string[]; anonymous: User };

/** The kinds of reviews, by the names of their resources. */
export const reviewKinds: Readonly<Record<string, { kind: string; group: string }>> = {
  tokenreviews: { kind: 'TokenReview', group: 'authentication.k8s.io' },
  subjectaccessreviews: { kind: 'SubjectAccessReview', group: 'authorization.k8s.io' },
  selfsubjectaccessreviews: { kind: 'SelfSubjectAccessReview', group: 'authorization.k8s.io' },
};

/** Who asks, and when: what the answer's `managedFields` say. */
export type Asking = { user: User; manager: string; at: number };

/**
 * Answers a review.
 *
 * @throws ApiError 400 or 422 when it asks nothing
 */
export function review(resource: string, given: KubeObject, authority: Authority, asking: Asking): Fields {
  const { kind, group } = reviewKinds[resource] ?? { kind: '', group: '' };
  const apiVersion = `${group}/v1`;
  const { spec } = given;
  const write = { manager: asking.manager, at: asking.at, operation: 'Update', apiVersion, subresource: '' } as const;
  const known = { metadata: {}, spec: {} };
  const managedFields = managedAfterUpdate(known, { metadata: {}, spec }, { ...write, type: kind, reset: [] });
  return {
    kind,
    apiVersion,
    metadata: { managedFields },
    spec,
    status: statusOf(resource, given, authority, asking),
  };
}

function statusOf(resource: string, given: KubeObject, authority: Authority, { user }: Asking): Fields {
  if (resource === 'tokenreviews') return tokenStatus(given, authority);
  if (resource === 'selfsubjectaccessreviews') return accessStatus(user, given);
  const name = textAt(given, 'spec', 'user');
  const groups = listAt(given, 'spec', 'groups').map(String);
  const known = [...authority.users.values()].find((one) => one.name === name);
  return accessStatus({ name, groups, rules: known?.rules ?? [] }, given);
}

function tokenStatus(given: KubeObject, { users, audiences }: Authority): Fields {
  const token = textAt(given, 'spec', 'token');
  if (!token) throw badRequest('token is required for TokenReview in authentication');
  const asked = listAt(given, 'spec', 'audiences').map(String);
  const shared = asked.length === 0 ? [...audiences] : asked.filter((audience) => audiences.includes(audience));
  const user = users.get(token);
  if (!user || shared.length === 0) return { user: {}, error: 'invalid bearer token' };
  const { name: username, uid, groups } = user;
  return { authenticated: true, user: { username, ...(uid && { uid }), groups: groups ?? [] }, audiences: shared };
}

function accessStatus(user: User, given: KubeObject): Fields {
  const attributes = attributesOf(
    fieldAt(given, 'spec', 'resourceAttributes'),
    fieldAt(given, 'spec', 'nonResourceAttributes'),
  );
  if (!attributes) throw nothingAsked();
  const allowed = isAllowed(user, attributes);
  return allowed && user.rules?.length
    ? { allowed, reason: `RBAC: allowed by a rule of User "${user.name}"` }
    : { allowed };
}

function attributesOf(resource: unknown, path: unknown): Attributes | undefined {
  if (isFields(resource) === isFields(path)) return undefined;
  if (isFields(path)) return { verb: textAt(path, 'verb'), path: textAt(path, 'path') };
  const text = (name: string) => textAt(resource, name);
  return {
    verb: text('verb'),
    group: text('group'),
    resource: text('resource'),
    subresource: text('subresource'),
    name: text('name'),
    namespace: text('namespace'),
  };
}

function nothingAsked(): ApiError {
  const field = 'spec.resourceAttributes';
  const message = 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `.authorization.k8s.io "" is invalid: ${field}: ${message}`,
    details: { group: 'authorization.k8s.io', causes: [{ reason: 'FieldValueInvalid', message, field }] },
  });
}

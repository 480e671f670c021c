import { forbidden } from './refusals.js';
import { ApiError } from './api-error.js';
import type { Target } from './request.js';
import type { Rule, User } from './users.js';

/** What is asked for: a verb on a resource, or on another path. */
export type Attributes = {
  verb: string;
  group?: string;
  resource?: string;
  subresource?: string;
  name?: string;
  namespace?: string;
  path?: string;
};

const everyone: readonly Rule[] = [
  {
    verbs: ['get'],
    nonResourceURLs: ['/healthz', '/livez', '/livez/*', '/readyz', '/readyz/*', '/version', '/version/'],
  },
];
const discovery = ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*'];
const known: readonly Rule[] = [
  { verbs: ['get'], nonResourceURLs: discovery },
  { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews'] },
];

/** Whether a user may: by own rules, or because everybody may. Members of `system:masters` may do all. */
export function isAllowed(user: User, asked: Attributes): boolean {
  if (user.groups?.includes('system:masters')) return true;
  const authenticated = user.groups?.includes('system:authenticated') ?? false;
  const rules = [...everyone, ...(authenticated ? known : []), ...(user.rules ?? [])];
  return rules.some((rule) => (asked.path === undefined ? allowsResource(rule, asked) : allowsPath(rule, asked)));
}

const has = (values: readonly string[] | undefined, value: string): boolean =>
  values !== undefined && (values.includes('*') || values.includes(value));

function allowsPath({ verbs, nonResourceURLs }: Rule, { verb, path = '' }: Attributes): boolean {
  const matches = (url: string) => url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));
  return has(verbs, verb) && (nonResourceURLs ?? []).some(matches);
}

function allowsResource(
  rule: Rule,
  { verb, group = '', resource = '', subresource = '', name = '', namespace = '' }: Attributes,
): boolean {
  const full = subresource ? `${resource}/${subresource}` : resource;
  return (
    has(rule.verbs, verb) &&
    has(rule.apiGroups, group) &&
    has(rule.resources, full) &&
    (rule.resourceNames === undefined || (name !== '' && rule.resourceNames.includes(name))) &&
    (rule.namespaces === undefined || (namespace !== '' && rule.namespaces.includes(namespace)))
  );
}

/** The verb that RBAC knows a request by. */
export function verbOf(method: string, { name }: { name: string }, watching: boolean): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (watching) return 'watch';
      return name ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'DELETE':
      return name ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}

/**
 * Lets a user do something with objects, or refuses in the server's words.
 *
 * @throws ApiError 403
 */
export function authorize(user: User, verb: string, { resource, namespace, name, subresource }: Target): void {
  const asked = { verb, group: resource.group, resource: resource.name, subresource, name, namespace };
  if (isAllowed(user, asked)) return;
  throw refusal(user, asked);
}

/** The 403 for what a user may not do with a resource. */
export function refusal(user: User, asked: Attributes): ApiError {
  const { verb, group = '', resource = '', subresource = '', name = '', namespace = '' } = asked;
  const full = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  const why = `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`;
  return forbidden({ name: resource, group }, name, why);
}

/**
 * Lets a user read a path that is about no object.
 *
 * @throws ApiError 403
 */
export function authorizePath(user: User, verb: string, path: string): void {
  if (isAllowed(user, { verb, path })) return;
  const message = `forbidden: User "${user.name}" cannot ${verb} path "${path}"`;
  throw new ApiError({ code: 403, reason: 'Forbidden', message, details: {} });
}

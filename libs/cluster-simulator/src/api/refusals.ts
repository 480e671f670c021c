import { ApiError, type StatusCause, type StatusDetails } from './api-error.js';
import { qualifiedName, type Resource } from './resources.js';

/*
 * The refusals of kube-apiserver, in its own words (`apimachinery:pkg/api/errors/errors.go`).
 */

type Named = Pick<Resource, 'name' | 'group'>;

const named = (resource: Named, name: string): StatusDetails => ({
  ...(name && { name }),
  ...(resource.group && { group: resource.group }),
  kind: resource.name,
});

/** 404: there is no such object. */
export const notFound = (resource: Named, name: string): ApiError =>
  new ApiError({
    code: 404,
    reason: 'NotFound',
    message: `${qualifiedName(resource)} "${name}" not found`,
    details: named(resource, name),
  });

/** 404: nothing is served under this path. */
export const noSuchPath = (): ApiError =>
  new ApiError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });

/** 409: an object of this name exists. */
export const alreadyExists = (resource: Named, name: string): ApiError =>
  new ApiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${qualifiedName(resource)} "${name}" already exists`,
    details: named(resource, name),
  });

/** 409: the write was made on a state that is no longer the newest, or a precondition does not hold. */
export const conflict = (resource: Named, name: string, why = outdated): ApiError =>
  new ApiError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`,
    details: named(resource, name),
  });

const outdated = 'the object has been modified; please apply your changes to the latest version and try again';

/** 422: the object breaks rules of its kind, each with the field it is about. */
export function invalid(resource: Pick<Resource, 'kind' | 'group'>, name: string, causes: StatusCause[]): ApiError {
  const qualified = resource.group ? `${resource.kind}.${resource.group}` : resource.kind;
  const each = [...new Set(causes.map(({ field, message }) => (field ? `${field}: ${message}` : message)))];
  const all = each.length === 1 ? each[0] : `[${each.join(', ')}]`;
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${qualified} "${name}" is invalid: ${all}`,
    details: {
      ...(name && { name }),
      ...(resource.group && { group: resource.group }),
      kind: resource.kind,
      causes,
    },
  });
}

/** 400: the request cannot be understood. */
export const badRequest = (message: string): ApiError => new ApiError({ code: 400, reason: 'BadRequest', message });

/** 403: this user may not. */
export const forbidden = (resource: Named, name: string, why: string, causes: StatusCause[] = []): ApiError =>
  new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: name
      ? `${qualifiedName(resource)} "${name}" is forbidden: ${why}`
      : `${qualifiedName(resource)} is forbidden: ${why}`,
    details: { ...named(resource, name), ...(causes.length > 0 && { causes }) },
  });

/** 401: nobody is known by this token. */
export const unauthorized = (): ApiError =>
  new ApiError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });

/** 405: the resource has no such verb. */
export const methodNotAllowed = (): ApiError =>
  new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });

/** 415: the body has a type that this path does not take. */
export const unsupportedMediaType = (accepted: string[]): ApiError =>
  new ApiError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  });

/** 410: what was asked for has been compacted. */
export const expired = (message: string): ApiError => new ApiError({ code: 410, reason: 'Expired', message });

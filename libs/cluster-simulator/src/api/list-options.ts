import { ApiError, type StatusCause } from './api-error.js';
import { fieldSelector } from './field-selector.js';
import type { StoredObject } from './kube-object.js';
import { labelSelector } from './label-selector.js';
import type { FeatureGates } from './feature-gates.js';
import { badRequest } from './refusals.js';
import type { Resource } from './resources.js';
import { shardSelector } from './shard-selector.js';

/** What the query of a list or a watch asks for. */
export type ListOptions = {
  limit: number;
  continue: string;
  /** Empty where none was given. */
  resourceVersion: string;
  resourceVersionMatch: '' | 'Exact' | 'NotOlderThan';
  watch: boolean;
  allowWatchBookmarks: boolean;
  sendInitialEvents: boolean;
  /** 0 where none was given. */
  timeoutSeconds: number;
  /** Whether an object is among those that are meant. */
  matches: (object: StoredObject) => boolean;
  /** Whether nothing was selected by label or field, so that the rest can be counted. */
  selectsAll: boolean;
  /** What a list has to say of the part that it is. */
  shard: string | undefined;
};

/**
 * Reads the options of a list or watch and refuses what contradicts itself
 * (`apimachinery:pkg/apis/meta/internalversion/validation`).
 *
 * @throws ApiError 400 or 422 in the server's words, 500 for a shard selector
 */
export function readListOptions(
  resource: Resource,
  query: URLSearchParams,
  gates: FeatureGates = { shardedListAndWatch: false },
): ListOptions {
  const labels = query.get('labelSelector') ?? '';
  const fields = query.get('fieldSelector') ?? '';
  const byLabel = labelSelector(labels);
  const byField = fieldSelector(resource, fields);
  const options: ListOptions = {
    limit: integer(query, 'limit'),
    continue: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: (query.get('resourceVersionMatch') ?? '') as ListOptions['resourceVersionMatch'],
    watch: truth(query, 'watch'),
    allowWatchBookmarks: truth(query, 'allowWatchBookmarks'),
    sendInitialEvents: truth(query, 'sendInitialEvents'),
    timeoutSeconds: integer(query, 'timeoutSeconds'),
    matches: (object) => byLabel(object.metadata.labels ?? {}) && byField(object),
    selectsAll: labels === '' && fields === '',
    shard: undefined,
  };
  const problems = options.watch ? watchProblems(options, query) : listProblems(options, query);
  if (problems.length > 0) throw invalidOptions(problems);
  const shard = gates.shardedListAndWatch ? query.get('shardSelector') || undefined : undefined;
  return shard === undefined ? options : ofShard(resource, options, shard);
}

/** A watch that etcd itself serves looks at no shard where nothing else selects. */
function ofShard(resource: Resource, options: ListOptions, text: string): ListOptions {
  const shard = shardSelector(text);
  if (options.watch && !resource.watchCache && options.selectsAll) return options;
  return {
    ...options,
    matches: (object) => shard.matches(object) && options.matches(object),
    shard: shard.text,
  };
}

function integer(query: URLSearchParams, name: string): number {
  const text = query.get(name) || '0';
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Everything but `0` and `false` is true, the bare name too, as in `?watch`. */
const truth = (query: URLSearchParams, name: string): boolean => {
  const text = query.get(name);
  return text !== null && !['0', 'false', 'False', 'FALSE', 'f', 'F'].includes(text);
};

const refused = (field: string, why: string): StatusCause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
});
const unsupported = (value: string, supported: string): StatusCause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
  field: 'resourceVersionMatch',
});

function watchProblems(options: ListOptions, query: URLSearchParams): StatusCause[] {
  const { resourceVersionMatch: match } = options;
  const problems: StatusCause[] = [];
  if (options.continue)
    problems.push(refused('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
  if (!query.has('sendInitialEvents')) {
    if (match)
      problems.push(
        refused(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
        ),
      );
    return problems;
  }
  if (match !== 'NotOlderThan') {
    problems.push(
      refused('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
    );
    if (match) problems.push(unsupported(match, '"NotOlderThan"'));
  }
  return problems;
}

function listProblems(options: ListOptions, query: URLSearchParams): StatusCause[] {
  const { resourceVersionMatch: match, resourceVersion } = options;
  const field = 'resourceVersionMatch';
  const problems: StatusCause[] = [];
  if (query.has('sendInitialEvents'))
    problems.push(refused('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (!match) return problems;
  if (options.continue) problems.push(refused(field, 'resourceVersionMatch is forbidden when continue is provided'));
  if (!resourceVersion)
    problems.push(refused(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if (!['Exact', 'NotOlderThan'].includes(match)) problems.push(unsupported(match, '"Exact", "NotOlderThan", ""'));
  if (match === 'Exact' && resourceVersion === '0') {
    problems.push(refused(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return problems;
}

function invalidOptions(causes: StatusCause[]): ApiError {
  const each = causes.map(({ field, message }) => `${field}: ${message}`);
  const all = each.length === 1 ? each[0] : `[${each.join(', ')}]`;
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `ListOptions.meta.k8s.io "" is invalid: ${all}`,
    details: { group: 'meta.k8s.io', kind: 'ListOptions', causes },
  });
}

/** Reads a resourceVersion: a whole number, `undefined` where none was given. */
export function readResourceVersion(text: string, refuse: (why: string) => ApiError): number | undefined {
  if (text === '') return undefined;
  if (!/^\d+$/.test(text)) {
    throw refuse(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}

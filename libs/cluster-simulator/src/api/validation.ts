import type { StatusCause } from './api-error.js';
import { sameJson } from './field-sets.js';
import {
  copyOf,
  fieldAt,
  fieldsIn,
  isFields,
  listAt,
  textAt,
  type Fields,
  type KubeObject,
  type StoredObject,
} from './kube-object.js';
import { resizeProblems } from './pod-resize.js';
import type { ResourceName } from './resources.js';
import type { Subresource } from './updates.js';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const required = (field: string, why = ''): StatusCause => ({
  reason: 'FieldValueRequired',
  message: why ? `Required value: ${why}` : 'Required value',
  field,
});
const wrong = (field: string, value: unknown, why: string): StatusCause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field,
});
const notAllowed = (field: string, why: string): StatusCause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
});

/**
 * What is wrong with an object, in the server's words: the rules that a client of ours can run into, not all there are.
 *
 * @param known the object before, where there is one
 */
export function problemsOf(name: ResourceName, object: KubeObject, known?: StoredObject): StatusCause[] {
  return [
    ...namingProblems(name, object),
    ...(name === 'pods' ? podProblems(object, known) : []),
    ...(name === 'events' ? eventProblems(object) : []),
  ];
}

/** The same for what is written over `known` through a part of the API: each has rules of its own. */
export function problemsOfUpdate(
  name: ResourceName,
  next: KubeObject,
  known: StoredObject,
  subresource: Subresource,
): StatusCause[] {
  switch (subresource) {
    case 'status':
      return [];
    case 'resize':
      return resizeProblems(next, known);
    case '':
    case 'ephemeralcontainers':
    case 'finalize':
      return problemsOf(name, next, known);
  }
}

function namingProblems(name: ResourceName, { metadata }: KubeObject): StatusCause[] {
  const text = metadata.name ?? '';
  if (!text) return [required('metadata.name', 'name or generateName is required')];
  if (name === 'namespaces') return label.test(text) ? [] : [wrong('metadata.name', text, labelRule)];
  return subdomain.test(text) ? [] : [wrong('metadata.name', text, subdomainRule)];
}

function eventProblems(event: KubeObject): StatusCause[] {
  const about = textAt(event, 'involvedObject', 'namespace');
  const own = event.metadata.namespace ?? '';
  if (about === own || (about === '' && own === 'default')) return [];
  return [wrong('involvedObject.namespace', about, 'does not match event.namespace')];
}

function podProblems(pod: KubeObject, known?: StoredObject): StatusCause[] {
  const lists = ['initContainers', 'containers'] as const;
  const problems = lists.flatMap((list) =>
    listAt(pod, 'spec', list).flatMap((container, index) => containerProblems(container, `spec.${list}[${index}]`)),
  );
  if (listAt(pod, 'spec', 'containers').length === 0) problems.push(required('spec.containers'));
  return known && changesMoreThanAllowed(pod, known) ? [...problems, notAllowed('spec', fixedFields)] : problems;
}

function containerProblems(container: unknown, at: string): StatusCause[] {
  const name = textAt(container, 'name');
  const problems = name ? [] : [required(`${at}.name`)];
  if (name && !(label.test(name) && name.length < 64)) problems.push(wrong(`${at}.name`, name, labelRule));
  if (!textAt(container, 'image')) problems.push(required(`${at}.image`));
  return problems;
}

const fixedFields =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function changesMoreThanAllowed(pod: KubeObject, known: StoredObject): boolean {
  return !sameJson(fixedPart(pod), fixedPart(known));
}

/** A pod's spec without what may be changed while it runs. */
function fixedPart(pod: KubeObject | StoredObject): Fields {
  const spec = copyOf(fieldAt(pod, 'spec'));
  const fixed = isFields(spec) ? spec : {};
  for (const list of ['initContainers', 'containers']) {
    for (const container of listAt(fixed, list)) if (isFields(container)) delete container['image'];
  }
  for (const name of [
    'activeDeadlineSeconds',
    'tolerations',
    'ephemeralContainers',
    'schedulingGates',
    'nodeName',
    'nodeSelector',
  ]) {
    delete fixed[name];
  }
  return { ...fieldsIn({ fixed }, 'fixed') };
}

import { fieldAt, listAt, textAt, type StoredObject } from './kube-object.js';
import { badRequest } from './refusals.js';
import { apiVersionOf, type Resource } from './resources.js';

/** Whether an object with these fields is meant. */
export type FieldSelector = (object: StoredObject) => boolean;

type Reader = (object: StoredObject) => string;
type Labels = Readonly<Record<string, Reader>>;

const at =
  (...path: string[]): Reader =>
  (object) => {
    const value = fieldAt(object, ...path);
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
  };

const named: Labels = { 'metadata.name': at('metadata', 'name') };
const spaced: Labels = { ...named, 'metadata.namespace': at('metadata', 'namespace') };

const pods: Labels = {
  ...spaced,
  'spec.nodeName': at('spec', 'nodeName'),
  'spec.restartPolicy': at('spec', 'restartPolicy'),
  'spec.schedulerName': at('spec', 'schedulerName'),
  'spec.serviceAccountName': at('spec', 'serviceAccountName'),
  'spec.hostNetwork': (pod) => String(fieldAt(pod, 'spec', 'hostNetwork') === true),
  'status.phase': at('status', 'phase'),
  'status.podIP': (pod) => textAt(listAt(pod, 'status', 'podIPs')[0], 'ip') || textAt(pod, 'status', 'podIP'),
  'status.podIPs': (pod) => textAt(listAt(pod, 'status', 'podIPs')[0], 'ip'),
  'status.nominatedNodeName': at('status', 'nominatedNodeName'),
};

const about = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
const involved = (prefix: string): Labels =>
  Object.fromEntries(about.map((field) => [`${prefix}.${field}`, at('involvedObject', field)]));

const events: Labels = {
  ...spaced,
  ...involved('involvedObject'),
  reason: at('reason'),
  reportingComponent: at('reportingComponent'),
  source: (event) => textAt(event, 'source', 'component') || textAt(event, 'reportingComponent'),
  type: at('type'),
};

const groupedEvents: Labels = {
  ...spaced,
  ...involved('regarding'),
  reason: at('reason'),
  reportingController: at('reportingComponent'),
  type: at('type'),
};

/** What can be selected by, beyond name and namespace (`k/k:pkg/apis/core/v1/conversion.go` and its like). */
const selectable: Readonly<Record<string, Labels>> = {
  'v1/pods': pods,
  'v1/events': events,
  'events.k8s.io/v1/events': groupedEvents,
  'v1/nodes': { ...named, 'spec.unschedulable': (node) => String(fieldAt(node, 'spec', 'unschedulable') === true) },
  'v1/namespaces': { ...named, 'status.phase': at('status', 'phase') },
};

/**
 * Reads a field selector: `a=b`, `a==b`, `a!=b`, joined by commas.
 *
 * @throws ApiError 400 in the server's words, for a field that its kind cannot be selected by too
 */
export function fieldSelector(resource: Resource, text: string): FieldSelector {
  const labels = selectable[`${apiVersionOf(resource)}/${resource.name}`] ?? spaced;
  const terms = splitTerms(text).map((term) => {
    const [, field = '', operator = '', value = ''] = /^([^=!]*)(==|!=|=)(.*)$/s.exec(term) ?? [];
    if (!operator) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const alias = resource.name === 'pods' && field === 'spec.host' ? 'spec.nodeName' : field;
    const read = labels[alias];
    if (!read) throw unsupported(resource, field);
    return { read, wanted: unescaped(value), negated: operator === '!=' };
  });
  return (object) => terms.every(({ read, wanted, negated }) => (read(object) === wanted) !== negated);
}

/** Kinds with a list of their own say so in other words than those that have the common one. */
const unsupported = (resource: Resource, field: string) =>
  `${apiVersionOf(resource)}/${resource.name}` in selectable
    ? badRequest(`field label not supported: ${field}`)
    : badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);

function splitTerms(text: string): string[] {
  return (text.match(/(?:\\.|[^,\\])+/gs) ?? []).filter((term) => term !== '');
}

/** `\\`, `\,` and `\=` mean themselves; nothing else may be escaped. */
function unescaped(value: string): string {
  if (/(?<!\\)(?:\\\\)*=/.test(value)) throw badRequest('invalid field selector: unescaped character in value: 61');
  return value.replaceAll(/\\([\\,=])/g, '$1');
}

import type { Fields } from './kube-object.js';
import { apiVersionOf, resources, type Resource } from './resources.js';

/*
 * As much of OpenAPI as kubectl asks for before it writes: which writes take `fieldValidation`, so that it leaves validating to the server.
 */

const rootOf = ({ group, version }: Pick<Resource, 'group' | 'version'>): string =>
  group ? `apis/${group}/${version}` : `api/${version}`;

/** What a path under `/openapi/v3` answers, `undefined` where there is nothing. */
export function openApi(path: string): Fields | undefined {
  const roots = [...new Set(resources.map(rootOf))];
  if (path === '/openapi/v3') {
    return {
      paths: Object.fromEntries(roots.map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}?hash=0` }])),
    };
  }
  const root = path.replace('/openapi/v3/', '');
  return roots.includes(root) ? documentOf(root) : undefined;
}

function documentOf(root: string): Fields {
  const served = resources.filter((resource) => rootOf(resource) === root);
  const paths = served.flatMap((resource) => {
    const collection = `/${root}/${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.name}`;
    return [
      [collection, { post: operation(resource) }],
      [`${collection}/{name}`, { get: operation(resource), patch: operation(resource), put: operation(resource) }],
    ] as const;
  });
  const info = { title: 'Kubernetes', version: 'unversioned' };
  return { openapi: '3.0.0', info, paths: Object.fromEntries(paths), components: { schemas: {} } };
}

function operation({ group, version, kind, ...resource }: Resource): Fields {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }));
  return {
    operationId: `${kind}${apiVersionOf({ group, version })}${resource.name}`,
    parameters,
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}

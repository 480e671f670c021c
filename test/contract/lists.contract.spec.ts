import { describe, beforeAll, expect, it } from 'vitest';
import { at, clusters, ground, names, pod } from './clusters.js';

const partial = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
const table = 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json';

describe.each(clusters)('lists of $name', (contracted) => {
  const here = ground(contracted);

  beforeAll(async () => {
    for (const index of [1, 2, 3, 4, 5]) {
      const labels = { index: `${index}`, half: index < 3 ? 'first' : 'second', ...(index === 5 && { last: 'yes' }) };
      await here.client.create(here.pods, pod(`pod-${index}`, { labels }));
    }
  });

  it('are ordered by name and name no kind in their items', async () => {
    const { body } = await here.client.get(here.pods);

    expect(names(body)).toEqual(['pod-1', 'pod-2', 'pod-3', 'pod-4', 'pod-5']);
    expect(body).toMatchObject({
      kind: 'PodList',
      apiVersion: 'v1',
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
    });
    expect(Object.keys(at(body, 'items', 0) as object)).toEqual(['metadata', 'spec', 'status']);
  });

  it('come in pages of one resourceVersion, which later writes do not enter', async () => {
    const first = await here.client.get(`${here.pods}?limit=2`);
    const token = String(at(first.body, 'metadata', 'continue'));
    await here.client.patch(`${here.pods}/pod-3`, { metadata: { annotations: { later: 'yes' } } });
    await here.client.create(here.pods, pod('pod-2b'));
    const second = await here.client.get(`${here.pods}?limit=2&continue=${token}`);
    const third = await here.client.get(
      `${here.pods}?limit=2&continue=${String(at(second.body, 'metadata', 'continue'))}`,
    );
    await here.client.ask('DELETE', `${here.pods}/pod-2b`);

    const pages = [first, second, third].map(({ body }) => body);
    expect(pages.flatMap(names)).toEqual(['pod-1', 'pod-2', 'pod-3', 'pod-4', 'pod-5']);
    expect(new Set(pages.map((page) => at(page, 'metadata', 'resourceVersion'))).size).toBe(1);
    expect(pages.map((page) => at(page, 'metadata', 'remainingItemCount'))).toEqual([3, 1, undefined]);
    expect(at(pages[1], 'items', 0, 'metadata', 'annotations')).toBeUndefined();
    expect(at(third.body, 'metadata', 'continue')).toBeUndefined();
  });

  it('do not count the rest where a selector decides', async () => {
    const { body } = await here.client.get(`${here.pods}?limit=1&labelSelector=half%3Dsecond`);

    expect(names(body)).toEqual(['pod-3']);
    expect(at(body, 'metadata', 'continue')).toEqual(expect.any(String));
    expect(at(body, 'metadata', 'remainingItemCount')).toBeUndefined();
  });

  it('ignore a limit at resourceVersion 0', async () => {
    const { body } = await here.client.get(`${here.pods}?limit=1&resourceVersion=0`);

    expect(at(body, 'metadata', 'continue')).toBeUndefined();
  });

  it('are of an exact past where that is asked for, and else of now', async () => {
    const before = await here.client.get(here.pods);
    const resourceVersion = String(at(before.body, 'metadata', 'resourceVersion'));
    await here.client.create(here.pods, pod('late'));
    const exact = await here.client.get(`${here.pods}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
    const notOlder = await here.client.get(
      `${here.pods}?resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan`,
    );
    await here.client.ask('DELETE', `${here.pods}/late`);

    expect(at(exact.body, 'metadata', 'resourceVersion')).toBe(resourceVersion);
    expect(names(exact.body)).not.toContain('late');
    expect(names(notOlder.body)).toContain('late');
  });

  it.each([
    ['half=first', ['pod-1', 'pod-2']],
    ['half==first,index!=1', ['pod-2']],
    ['index in (1, 5)', ['pod-1', 'pod-5']],
    ['index notin (1,2),half', ['pod-3', 'pod-4', 'pod-5']],
    ['last', ['pod-5']],
    ['!last,half=second', ['pod-3', 'pod-4']],
    ['index>3', ['pod-4', 'pod-5']],
    ['index<2', ['pod-1']],
    ['last!=yes,index in (4,5)', ['pod-4']],
    ['', ['pod-1', 'pod-2', 'pod-3', 'pod-4', 'pod-5']],
  ])('select by the labels %s', async (selector, expected) => {
    const { body } = await here.client.get(`${here.pods}?labelSelector=${encodeURIComponent(selector)}`);

    expect(names(body)).toEqual(expected);
  });

  it.each([
    ['metadata.name=pod-2', ['pod-2']],
    ['metadata.name!=pod-2,status.phase=Pending', ['pod-1', 'pod-3', 'pod-4', 'pod-5']],
    ['spec.nodeName==', ['pod-1', 'pod-2', 'pod-3', 'pod-4', 'pod-5']],
    ['spec.schedulerName=nobody,spec.restartPolicy=Never', []],
    ['spec.hostNetwork=false,metadata.name=pod-1', ['pod-1']],
    ['status.phase!=Pending', []],
  ])('select by the fields %s', async (selector, expected) => {
    const { body } = await here.client.get(`${here.pods}?fieldSelector=${encodeURIComponent(selector)}`);

    expect(names(body)).toEqual(expected);
  });

  it.each([
    ['labelSelector=a+in', 400],
    ['labelSelector=a%3D%3D%3Db', 400],
    ['labelSelector=-x', 400],
    ['labelSelector=a%3Db+c', 400],
    ['labelSelector=a+in+(b', 400],
    ['labelSelector=a%3D-b', 400],
    ['labelSelector=a%3Ex', 400],
    ['labelSelector=%2C', 400],
    ['labelSelector=a%2C', 400],
    ['labelSelector=(', 400],
    ['fieldSelector=foo%3Dbar', 400],
    ['fieldSelector=foo', 400],
    ['fieldSelector=metadata.name%3Db%3Dc', 400],
    ['limit=x', 400],
    ['resourceVersion=x', 400],
    ['continue=abc', 400],
    ['resourceVersionMatch=Exact', 422],
    ['resourceVersion=0&resourceVersionMatch=Exact', 422],
    ['resourceVersion=3&resourceVersionMatch=Foo', 422],
    ['sendInitialEvents=true', 422],
  ])('refuse %s', async (query, code) => {
    const { status, body } = await here.client.get(`${here.pods}?${query}`);

    expect(status).toBe(code);
    expect(body).toEqual(refusals[query]);
  });

  it('of a future are not there yet', async () => {
    const { status, headers, body } = await here.client.get(`${here.pods}?resourceVersion=999999999999`);

    expect(status).toBe(504);
    expect(headers['retry-after']).toBe('1');
    expect(body).toMatchObject({
      reason: 'Timeout',
      message: expect.stringMatching(/^Timeout: Too large resource version: 999999999999, current: \d+$/),
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    });
  });

  it('refuse a position beside a continuation', async () => {
    const first = await here.client.get(`${here.pods}?limit=2`);
    const token = String(at(first.body, 'metadata', 'continue'));
    const { status, body } = await here.client.get(`${here.pods}?limit=2&continue=${token}&resourceVersion=5`);

    expect(status).toBe(400);
    expect(body['message']).toBe('specifying resource version is not allowed when using continue');
  });

  it('can be of metadata alone', async () => {
    const { body } = await here.client.get(`${here.pods}?limit=1`, { accept: partial });

    expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    expect(Object.keys(at(body, 'items', 0) as object).toSorted()).toEqual(['apiVersion', 'kind', 'metadata']);
    expect(at(body, 'items', 0)).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'pod-1' } });
    expect(at(body, 'metadata', 'continue')).toEqual(expect.any(String));
  });

  it('can be tables, as kubectl prints them', async () => {
    const { body } = await here.client.get(`${here.pods}?limit=1`, { accept: table });

    const columns = (body['columnDefinitions'] as { name: string; priority: number }[]).map(({ name, priority }) => [
      name,
      priority,
    ]);
    expect(columns).toEqual([
      ['Name', 0],
      ['Ready', 0],
      ['Status', 0],
      ['Restarts', 0],
      ['Age', 0],
      ['IP', 1],
      ['Node', 1],
      ['Nominated Node', 1],
      ['Readiness Gates', 1],
    ]);
    expect(at(body, 'rows', 0, 'cells')).toEqual([
      'pod-1',
      '0/1',
      'Pending',
      expect.stringMatching(/^0$/),
      expect.stringMatching(/^\d+s$/),
      '<none>',
      '<none>',
      '<none>',
      '<none>',
    ]);
    expect(at(body, 'rows', 0, 'object')).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'pod-1' } });
  });

  it('are compressed when they are long and the client takes it', async () => {
    const annotations = { long: 'x'.repeat(200_000) };
    await here.client.patch(`${here.pods}/pod-1`, { metadata: { annotations } });
    const long = await here.client.get(here.pods, { headers: { 'accept-encoding': 'gzip' } });
    const short = await here.client.get(`${here.pods}?fieldSelector=metadata.name%3Dpod-2`, {
      headers: { 'accept-encoding': 'gzip' },
    });
    await here.client.patch(`${here.pods}/pod-1`, { metadata: { annotations: { long: null } } });

    expect(long.headers['content-encoding']).toBe('gzip');
    expect(at(long.body, 'items', 0, 'metadata', 'annotations')).toEqual(annotations);
    expect(short.headers['content-encoding']).toBeUndefined();
  });

  it('are not to be had in forms that nobody knows', async () => {
    const unknownForm = await here.client.get(here.pods, { accept: 'application/json;as=Foo;g=meta.k8s.io;v=v1' });
    const unknownType = await here.client.get(here.pods, { accept: 'text/csv' });

    expect([unknownForm.status, unknownType.status]).toEqual([406, 406]);
    expect(unknownForm.body['message']).toBe(
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  });
});

const badRequest = (message: string) => ({ ...failure, message, reason: 'BadRequest', code: 400 });
const failure = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
const labelName =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

function invalid(field: string, reason: string, why: string): object {
  return {
    ...failure,
    message: `ListOptions.meta.k8s.io "" is invalid: ${field}: ${why}`,
    reason: 'Invalid',
    details: { group: 'meta.k8s.io', kind: 'ListOptions', causes: [{ reason, message: why, field }] },
    code: 422,
  };
}

/** The words of kube-apiserver 1.36. */
const refusals: Readonly<Record<string, object>> = {
  'labelSelector=a+in': badRequest("unable to parse requirement: found '' expected: '('"),
  'labelSelector=a%3D%3D%3Db': badRequest("unable to parse requirement: found '=', expected: identifier"),
  'labelSelector=-x': badRequest(`unable to parse requirement: <nil>: Invalid value: "-x": ${labelName}`),
  'labelSelector=a%3Db+c': badRequest("found 'c', expected: ',' or 'end of string'"),
  'labelSelector=a+in+(b': badRequest("unable to parse requirement: found '', expected: ',' or ')'"),
  'labelSelector=a%3D-b': badRequest(`unable to parse requirement: values[0][a]: Invalid value: "-b": ${labelValue}`),
  'labelSelector=a%3Ex': badRequest(
    `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
  ),
  'labelSelector=%2C': badRequest("found ',', expected: !, identifier, or 'end of string'"),
  'labelSelector=a%2C': badRequest("found '', expected: identifier after ','"),
  'labelSelector=(': badRequest("found '(', expected: !, identifier, or 'end of string'"),
  'fieldSelector=foo%3Dbar': badRequest('field label not supported: foo'),
  'fieldSelector=foo': badRequest("invalid selector: 'foo'; can't understand 'foo'"),
  'fieldSelector=metadata.name%3Db%3Dc': badRequest('invalid field selector: unescaped character in value: 61'),
  'limit=x': badRequest('strconv.ParseInt: parsing "x": invalid syntax'),
  'resourceVersion=x': badRequest(
    'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
  ),
  'continue=abc': badRequest(
    "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
  ),
  'resourceVersionMatch=Exact': invalid(
    'resourceVersionMatch',
    'FieldValueForbidden',
    'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  ),
  'resourceVersion=0&resourceVersionMatch=Exact': invalid(
    'resourceVersionMatch',
    'FieldValueForbidden',
    'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  ),
  'resourceVersion=3&resourceVersionMatch=Foo': invalid(
    'resourceVersionMatch',
    'FieldValueNotSupported',
    'Unsupported value: "Foo": supported values: "Exact", "NotOlderThan", ""',
  ),
  'sendInitialEvents=true': invalid(
    'sendInitialEvents',
    'FieldValueForbidden',
    'Forbidden: sendInitialEvents is forbidden for list',
  ),
};

import { describe, expect, it, onTestFinished } from 'vitest';
import type { Json } from './client.js';
import { at, clusters, ground, names, pod } from './clusters.js';

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

describe.each(clusters)('objects of $name', (contracted) => {
  const here = ground(contracted);
  const under = (root: string, resource: string) => `${root}/namespaces/${here.namespace}/${resource}`;
  const template = (labels: Record<string, string>) => ({
    metadata: { labels },
    spec: { schedulerName: 'nobody', containers: [{ name: 'app', image: 'registry.example/app' }] },
  });

  it('are found by discovery, with their subresources', async () => {
    const body = async (path: string) => (await here.client.get(path)).body;
    const versions = await body('/api');
    const groups = await body('/apis');
    const core = await body('/api/v1');
    const apps = await body('/apis/apps/v1');

    const named = (list: Json) => (list['resources'] as Json[]).map(({ name }) => name);
    expect(versions).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect((groups['groups'] as Json[]).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['apps', 'batch', 'coordination.k8s.io', 'events.k8s.io', 'authorization.k8s.io']),
    );
    expect(named(core)).toEqual(
      expect.arrayContaining(['pods', 'pods/status', 'pods/log', 'events', 'nodes', 'namespaces']),
    );
    expect((core['resources'] as Json[]).find(({ name }) => name === 'pods')).toMatchObject({
      singularName: 'pod',
      namespaced: true,
      kind: 'Pod',
      shortNames: ['po'],
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    });
    expect(named(apps)).toEqual(expect.arrayContaining(['deployments', 'replicasets', 'statefulsets', 'daemonsets']));
  });

  it.each([
    ['GET', '/api/v1/foos', 404],
    ['GET', '/apis/nobody.example/v1/things', 404],
    ['POST', '/api/v1/pods', 405],
    ['GET', '/no/such/path', 404],
  ])('are not served under %s %s', async (method, path, code) => {
    const { status } = await here.client.ask(method, path, method === 'POST' ? { body: {} } : {});

    expect(status).toBe(code);
  });

  it.each([
    [
      'a name that is none',
      { metadata: { name: 'A_' }, spec: { containers: [{ name: 'a', image: 'b' }] } },
      422,
      'Pod "A_" is invalid: metadata.name: Invalid value: "A_": a lowercase RFC 1123 subdomain',
    ],
    [
      'no name',
      { metadata: {}, spec: { containers: [{}] } },
      422,
      'Pod "" is invalid: [metadata.name: Required value: name or generateName is required, spec.containers[0].name: Required value, spec.containers[0].image: Required value]',
    ],
    [
      'no containers',
      { metadata: { name: 'a' }, spec: {} },
      422,
      'Pod "a" is invalid: spec.containers: Required value',
    ],
    [
      'another namespace',
      { metadata: { name: 'a', namespace: 'b' }, spec: {} },
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    ['another kind', { kind: 'Service', apiVersion: 'v1' }, 400, 'Service in version "v1" cannot be handled as a Pod'],
  ])('are refused for %s', async (_, body, code, words) => {
    const answer = await here.client.ask('POST', here.pods, { body });

    expect(answer.status).toBe(code);
    expect(answer.body['message']).toContain(words);
  });

  it('are refused in forms that nobody reads', async () => {
    const text = await here.client.ask('POST', here.pods, { body: 'a', contentType: 'text/plain' });
    const broken = await here.client.ask('POST', here.pods, { body: '{' });
    const patch = await here.client.ask('PATCH', `${here.pods}/a`, { body: '{}' });

    expect([text.status, broken.status, patch.status]).toEqual([415, 400, 415]);
    expect(broken.body['message']).toContain(
      "couldn't get version/kind; json parse error: unexpected end of JSON input",
    );
  });

  it('are not created twice, nor where there is no such namespace', async () => {
    await here.client.create(here.pods, pod('twice'));
    const again = await here.client.ask('POST', here.pods, { body: pod('twice') });
    const nowhere = await here.client.ask('POST', '/api/v1/namespaces/contract-nowhere/pods', { body: pod('lost') });

    expect(again.body).toMatchObject({ code: 409, reason: 'AlreadyExists', message: 'pods "twice" already exists' });
    expect(nowhere.body).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'namespaces "contract-nowhere" not found',
    });
  });

  it('that are leases go to one of two who take them at once', async () => {
    const leases = under('/apis/coordination.k8s.io/v1', 'leases');
    const lease = await here.client.create(leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'leader' },
      spec: { holderIdentity: 'one', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' },
    });
    const take = (holderIdentity: string) =>
      here.client.ask('PUT', `${leases}/leader`, {
        body: { ...lease, spec: { ...(lease['spec'] as Json), holderIdentity } },
      });
    const answers = await Promise.all([take('two'), take('three')]);

    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body['message']).toContain(
      'Operation cannot be fulfilled on leases.coordination.k8s.io "leader": the object has been modified',
    );
  });

  it('that are namespaces carry their name as a label and go in two steps', async () => {
    const name = `${here.namespace}-more`;
    const made = await here.client.create('/api/v1/namespaces', { metadata: { name } });
    const marked = await here.client.ask('DELETE', `/api/v1/namespaces/${name}`);
    const refused = await here.client.ask('POST', `/api/v1/namespaces/${name}/pods`, { body: pod('late') });

    expect(made).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    expect(marked.body).toMatchObject({
      kind: 'Namespace',
      metadata: { deletionTimestamp: time },
      status: { phase: 'Terminating' },
    });
    expect([403, 404]).toContain(refused.status);
    expect(refused.status === 404 || refused.body['message']).toSatisfy(
      (message) =>
        message === true ||
        String(message).includes(`unable to create new content in namespace ${name} because it is being terminated`),
    );
  });

  it('that are nodes tell of themselves through the status', async () => {
    const name = `${here.namespace}-node`;
    await here.client.create('/api/v1/nodes', { metadata: { name, labels: { zone: 'a' } } });
    onTestFinished(async () => void (await here.client.ask('DELETE', `/api/v1/nodes/${name}`)));
    const conditions = [{ type: 'Ready', status: 'True' }];
    const told = await here.client.patch(`/api/v1/nodes/${name}/status`, {
      status: { conditions, nodeInfo: { bootID: 'x' } },
    });
    const listed = await here.client.get(`/api/v1/nodes?fieldSelector=metadata.name%3D${name}`);

    expect(at(told, 'status', 'nodeInfo', 'bootID')).toBe('x');
    expect(at(told, 'metadata', 'generation')).toBeUndefined();
    expect(names(listed.body)).toEqual([name]);
  });

  it('that are ReplicaSets have defaults in their template, and count changes of their spec', async () => {
    const sets = under('/apis/apps/v1', 'replicasets');
    const labels = { app: 'contract' };
    const made = await here.client.create(sets, {
      metadata: { name: 'set' },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: template(labels) },
    });
    const scaled = await here.client.patch(`${sets}/set`, { spec: { replicas: 0, minReadySeconds: 1 } });
    const annotated = await here.client.patch(`${sets}/set`, { metadata: { annotations: { a: 'b' } } });

    expect(made).toMatchObject({
      kind: 'ReplicaSet',
      apiVersion: 'apps/v1',
      metadata: { generation: 1 },
      status: { replicas: 0 },
    });
    expect(at(made, 'spec', 'template', 'spec')).toMatchObject({
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      containers: [{ imagePullPolicy: 'Always', terminationMessagePath: '/dev/termination-log' }],
    });
    expect(at(made, 'spec', 'template', 'spec', 'enableServiceLinks')).toBeUndefined();
    expect([scaled, annotated].map((one) => at(one, 'metadata', 'generation'))).toEqual([2, 2]);
  });

  it('that are Deployments roll by a quarter, unless told', async () => {
    const labels = { app: 'rolled' };
    const made = await here.client.create(under('/apis/apps/v1', 'deployments'), {
      metadata: { name: 'rolled' },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: template(labels) },
    });

    expect(at(made, 'spec')).toMatchObject({
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    });
    expect(at(made, 'status')).toEqual({});
  });

  it('that are Jobs find their pods by their own uid', async () => {
    const made = await here.client.create(under('/apis/batch/v1', 'jobs'), {
      metadata: { name: 'job' },
      spec: { suspend: true, template: { spec: { ...template({}).spec, restartPolicy: 'Never' } } },
    });
    const uid = at(made, 'metadata', 'uid');

    expect(at(made, 'spec')).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: { metadata: { labels: { 'controller-uid': uid, 'job-name': 'job' } } },
    });
    expect(at(made, 'metadata', 'labels')).toMatchObject({ 'batch.kubernetes.io/job-name': 'job' });
  });

  it('go together, where a selector means them', async () => {
    const maps = under('/api/v1', 'configmaps');
    for (const name of ['red-1', 'red-2', 'blue']) {
      await here.client.create(maps, { metadata: { name, labels: { colour: name.split('-')[0] } } });
    }
    const removed = await here.client.ask('DELETE', `${maps}?labelSelector=colour%3Dred`);
    const left = await here.client.get(`${maps}?labelSelector=colour`);

    expect(removed.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(names(removed.body)).toEqual(['red-1', 'red-2']);
    expect(names(left.body)).toEqual(['blue']);
  });

  it('answer a removal with what was removed, or that it succeeded', async () => {
    const maps = under('/api/v1', 'configmaps');
    const made = await here.client.create(maps, { metadata: { name: 'map' }, data: { a: 'b' } });
    const removed = await here.client.ask('DELETE', `${maps}/map`);
    const again = await here.client.ask('DELETE', `${maps}/map`);

    expect(removed.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'map', kind: 'configmaps', uid: at(made, 'metadata', 'uid') },
    });
    expect(again.body).toMatchObject({
      code: 404,
      message: 'configmaps "map" not found',
      details: { name: 'map', kind: 'configmaps' },
    });
  });

  it.each([
    ['strategic-merge', [], 400, 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
    [
      'merge',
      [],
      400,
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    [
      'json',
      {},
      400,
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    ],
    [
      'json',
      [{ op: 'remove', path: '/metadata/labels/none' }],
      422,
      'the server rejected our request due to an error in our request',
    ],
    [
      'json',
      [{ op: 'test', path: '/metadata/name', value: 'z' }],
      422,
      'the server rejected our request due to an error in our request',
    ],
    [
      'strategic-merge',
      { spec: { containers: [{ image: 'q' }] } },
      500,
      'map: map[image:q] does not contain declared merge key: name',
    ],
    [
      'merge',
      { metadata: { resourceVersion: '1' } },
      409,
      'Operation cannot be fulfilled on pods "patched": the object has been modified; please apply your changes to the latest version and try again',
    ],
  ])('refuse the %s patch %j', async (type, body, code, words) => {
    await here.client.ask('POST', here.pods, { body: pod('patched') });
    const contentType = `application/${type === 'json' ? 'json-patch' : `${type}-patch`}+json`;
    const answer = await here.client.ask('PATCH', `${here.pods}/patched`, { body, contentType });

    expect([answer.status, answer.body['message']]).toEqual([code, words]);
  });
});

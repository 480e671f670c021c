import { describe, expect, it } from 'vitest';
import type { Json } from './client.js';
import { at, bind, clusters, ground, pod } from './clusters.js';

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const owners = (object: Json) => at(object, 'metadata', 'managedFields') as Json[];

describe.each(clusters)('pods of $name', (contracted) => {
  const here = ground(contracted);

  const get = async (name: string) => (await here.client.get(`${here.pods}/${name}`)).body;

  it('are created pending, with defaults, an id and the first generation', async () => {
    const made = await here.client.create(here.pods, pod('fresh', { labels: { z: '1', a: '2' } }));

    expect(made).toMatchObject({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: {
        name: 'fresh',
        namespace: here.namespace,
        uid: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        resourceVersion: expect.stringMatching(/^\d+$/),
        generation: 1,
        creationTimestamp: time,
      },
      spec: {
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        dnsPolicy: 'ClusterFirst',
        securityContext: {},
        schedulerName: 'nobody',
        priority: 0,
        enableServiceLinks: true,
        preemptionPolicy: 'PreemptLowerPriority',
        tolerations: [
          { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
          { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        ],
      },
    });
    expect(at(made, 'spec', 'containers', 0)).toMatchObject({
      name: 'app',
      image: 'registry.example/app:1',
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: 'IfNotPresent',
    });
    expect(at(made, 'status')).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  it('say who owns which of their fields', async () => {
    await here.client.create(here.pods, pod('owned', { labels: { a: 'b' } }));
    await here.client.patch(`${here.pods}/owned/status`, { status: { message: 'hello' } });
    await bind(here, 'owned');
    const container = {
      '.': {},
      'f:image': {},
      'f:imagePullPolicy': {},
      'f:name': {},
      'f:resources': {},
      'f:terminationMessagePath': {},
      'f:terminationMessagePolicy': {},
    };

    const entry = { manager: 'contract-test', operation: 'Update', apiVersion: 'v1', time, fieldsType: 'FieldsV1' };
    expect(owners(await get('owned'))).toEqual([
      {
        ...entry,
        fieldsV1: {
          'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
          'f:spec': {
            'f:containers': { 'k:{"name":"app"}': container },
            'f:dnsPolicy': {},
            'f:enableServiceLinks': {},
            'f:initContainers': { '.': {}, 'k:{"name":"first"}': container },
            'f:restartPolicy': {},
            'f:schedulerName': {},
            'f:securityContext': {},
            'f:terminationGracePeriodSeconds': {},
          },
        },
      },
      { ...entry, fieldsV1: { 'f:status': { 'f:message': {} } }, subresource: 'status' },
    ]);
  });

  it('get a name made for them', async () => {
    const { metadata: _, ...rest } = pod('');
    const made = await here.client.create(here.pods, { ...rest, metadata: { generateName: 'made-' } });

    expect(at(made, 'metadata', 'name')).toMatch(/^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(at(made, 'metadata', 'generateName')).toBe('made-');
  });

  it('count changes of what is wanted, and not those of what is', async () => {
    await here.client.create(here.pods, pod('counted'));
    const labelled = await here.client.patch(`${here.pods}/counted`, { metadata: { labels: { a: 'b' } } });
    const containers = [{ name: 'app', image: 'registry.example/app:2' }];
    const changed = await here.client.patch(`${here.pods}/counted`, { spec: { containers } }, 'strategic-merge');
    const told = await here.client.patch(`${here.pods}/counted/status`, { status: { phase: 'Running' } });

    expect([labelled, changed, told].map((one) => at(one, 'metadata', 'generation'))).toEqual([1, 2, 2]);
    expect(at(told, 'status')).toEqual({ phase: 'Running', qosClass: 'BestEffort' });
    expect(at(changed, 'spec', 'containers', 0, 'terminationMessagePath')).toBe('/dev/termination-log');
  });

  it('keep their resourceVersion when a write changes nothing', async () => {
    const made = await here.client.create(here.pods, pod('same', { labels: { a: 'b' } }));
    const again = await here.client.patch(`${here.pods}/same`, { metadata: { labels: { a: 'b' } } });

    expect(at(again, 'metadata', 'resourceVersion')).toBe(at(made, 'metadata', 'resourceVersion'));
  });

  it('take status, labels and annotations through the status, and nothing else', async () => {
    await here.client.create(here.pods, pod('parts'));
    const conditions = [{ type: 'Ready', status: 'False', reason: 'Because' }];
    const initContainerStatuses = [
      { name: 'first', state: { waiting: { reason: 'PodInitializing' } }, image: 'registry.example/first:1' },
    ];
    const written = await here.client.patch(
      `${here.pods}/parts/status`,
      {
        metadata: { labels: { via: 'status' }, finalizers: ['example.com/no'] },
        spec: { activeDeadlineSeconds: 5 },
        status: { conditions, initContainerStatuses },
      },
      'strategic-merge',
    );

    expect(at(written, 'metadata', 'labels')).toEqual({ via: 'status' });
    expect(at(written, 'spec', 'activeDeadlineSeconds')).toBeUndefined();
    expect(at(written, 'status', 'conditions')).toEqual([
      { type: 'Ready', status: 'False', lastProbeTime: null, lastTransitionTime: null, reason: 'Because' },
    ]);
    expect(at(written, 'status', 'initContainerStatuses')).toEqual([
      {
        name: 'first',
        state: { waiting: { reason: 'PodInitializing' } },
        lastState: {},
        ready: false,
        restartCount: 0,
        image: 'registry.example/first:1',
        imageID: '',
      },
    ]);
  });

  it('merge conditions by type and replace container statuses whole', async () => {
    await here.client.create(here.pods, pod('merged'));
    const status = (type: string, name: string) => ({
      status: { conditions: [{ type, status: 'True' }], initContainerStatuses: [{ name }] },
    });
    await here.client.patch(`${here.pods}/merged/status`, status('A', 'first'), 'strategic-merge');
    const written = await here.client.patch(`${here.pods}/merged/status`, status('B', 'first'), 'strategic-merge');

    expect((at(written, 'status', 'conditions') as Json[]).map(({ type }) => type)).toEqual(['B', 'A']);
    expect(at(written, 'status', 'initContainerStatuses')).toHaveLength(1);
  });

  it('are bound once, in a write that owns nothing', async () => {
    await here.client.create(here.pods, pod('bound'));
    await bind(here, 'bound');
    const target = { kind: 'Node', name: 'another' };
    const again = await here.client.ask('POST', `${here.pods}/bound/binding`, {
      body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'bound' }, target },
    });
    const now = await get('bound');

    expect(at(now, 'spec', 'nodeName')).toBe('contract-node');
    expect(at(now, 'status', 'conditions')).toEqual([
      { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: time },
    ]);
    expect(owners(now)).toHaveLength(1);
    expect(again.status).toBe(409);
    expect(again.body['message']).toBe(
      'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "contract-node"',
    );
  });

  it('go at once when no node has them', async () => {
    await here.client.create(here.pods, pod('unbound'));
    const deleted = await here.client.ask('DELETE', `${here.pods}/unbound`);

    expect(deleted.status).toBe(200);
    expect(deleted.body).toMatchObject({ kind: 'Pod', metadata: { deletionGracePeriodSeconds: 0, generation: 2 } });
    expect((await here.client.get(`${here.pods}/unbound`)).status).toBe(404);
  });

  it('are marked with their grace period when a node has them, and go when that is over', async () => {
    await here.client.create(here.pods, pod('graceful', { spec: { terminationGracePeriodSeconds: 40 } }));
    await bind(here, 'graceful');
    const marked = await here.client.ask('DELETE', `${here.pods}/graceful`);
    const again = await here.client.ask('DELETE', `${here.pods}/graceful`);
    const shorter = await here.client.ask('DELETE', `${here.pods}/graceful?gracePeriodSeconds=20`);
    const gone = await here.client.ask('DELETE', `${here.pods}/graceful?gracePeriodSeconds=0`);

    const mark = { generation: 2, deletionGracePeriodSeconds: 40, deletionTimestamp: time };
    expect(at(marked.body, 'metadata')).toMatchObject(mark);
    expect(again.body).toEqual(marked.body);
    expect(at(shorter.body, 'metadata')).toMatchObject({ generation: 2, deletionGracePeriodSeconds: 20 });
    const due = (object: Json) => Date.parse(String(at(object, 'metadata', 'deletionTimestamp')));
    expect(due(marked.body) - due(shorter.body)).toBe(20_000);
    expect(at(gone.body, 'metadata')).toMatchObject({ generation: 2, deletionGracePeriodSeconds: 0 });
    expect((await here.client.get(`${here.pods}/graceful`)).status).toBe(404);
  });

  it('stay while a finalizer holds them', async () => {
    const { metadata, ...rest } = pod('held');
    await here.client.create(here.pods, {
      ...rest,
      metadata: { ...(metadata as Json), finalizers: ['example.com/hold'] },
    });
    const marked = await here.client.ask('DELETE', `${here.pods}/held`);
    const held = await get('held');
    await here.client.patch(`${here.pods}/held`, [{ op: 'remove', path: '/metadata/finalizers' }], 'json');

    expect(marked.status).toBe(200);
    expect(at(held, 'metadata')).toMatchObject({ deletionTimestamp: time, deletionGracePeriodSeconds: 0 });
    expect((await here.client.get(`${here.pods}/held`)).status).toBe(404);
  });

  it('are deleted only if what is named before holds', async () => {
    const made = await here.client.create(here.pods, pod('guarded'));
    const remove = (preconditions: Json) =>
      here.client.ask('DELETE', `${here.pods}/guarded`, { body: { preconditions } });
    const otherUid = await remove({ uid: 'x' });
    const otherVersion = await remove({ resourceVersion: '1' });
    const right = await remove({ uid: at(made, 'metadata', 'uid') });

    expect([otherUid.status, otherVersion.status, right.status]).toEqual([409, 409, 200]);
    expect(otherUid.body).toMatchObject({
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on Pod "guarded": the UID in the precondition (x) does not match the UID in record (${String(
        at(made, 'metadata', 'uid'),
      )}). The object might have been deleted and then recreated`,
      details: { name: 'guarded', kind: 'Pod' },
    });
  });

  it('are evicted with a word of it', async () => {
    await here.client.create(here.pods, pod('unwanted'));
    await bind(here, 'unwanted');
    const body = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'unwanted', namespace: here.namespace },
    };
    const evicted = await here.client.ask('POST', `${here.pods}/unwanted/eviction`, { body });
    const now = await get('unwanted');

    expect(evicted.status).toBe(201);
    expect(evicted.body).toMatchObject({ kind: 'Status', status: 'Success', code: 201 });
    expect(at(now, 'metadata', 'deletionTimestamp')).toEqual(time);
    expect(at(now, 'status', 'conditions')).toContainEqual({
      type: 'DisruptionTarget',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: time,
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    });
  });

  it('are replaced only by who has seen their newest state', async () => {
    const made = await here.client.create(here.pods, pod('contested'));
    await here.client.patch(`${here.pods}/contested`, { metadata: { labels: { a: 'b' } } });
    const stale = await here.client.ask('PUT', `${here.pods}/contested`, { body: made });
    const fresh = await here.client.ask('PUT', `${here.pods}/contested`, { body: await get('contested') });

    expect(stale.status).toBe(409);
    expect(stale.body).toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on pods "contested": the object has been modified; please apply your changes to the latest version and try again',
      details: { name: 'contested', kind: 'pods' },
    });
    expect(fresh.status).toBe(200);
  });

  it('change little of what is wanted once they are there', async () => {
    await here.client.create(here.pods, pod('fixed'));
    const { status, body } = await here.client.ask('PATCH', `${here.pods}/fixed`, {
      body: { spec: { restartPolicy: 'Never' } },
      contentType: 'application/merge-patch+json',
    });

    expect(status).toBe(422);
    expect(body).toMatchObject({
      reason: 'Invalid',
      details: { name: 'fixed', kind: 'Pod', causes: [{ reason: 'FieldValueForbidden', field: 'spec' }] },
    });
    expect(body['message']).toContain(
      'Pod "fixed" is invalid: spec: Forbidden: pod updates may not change fields other than',
    );
  });

  it('are looked at only in a dry run', async () => {
    const dry = await here.client.ask('POST', `${here.pods}?dryRun=All`, { body: pod('imagined') });

    expect(dry.status).toBe(201);
    expect(at(dry.body, 'metadata', 'resourceVersion')).toBeUndefined();
    expect((await here.client.get(`${here.pods}/imagined`)).status).toBe(404);
  });

  it('say which container a log is to be of', async () => {
    const containers = ['one', 'two'].map((name) => ({ name, image: 'registry.example/app:1' }));
    await here.client.create(here.pods, pod('talkative', { spec: { containers } }));
    const unnamed = await here.client.get(`${here.pods}/talkative/log`);
    const wrong = await here.client.get(`${here.pods}/talkative/log?container=three`);
    const unscheduled = await here.client.get(`${here.pods}/talkative/log?container=one`);

    expect([unnamed, wrong].map(({ body }) => [body['code'], body['message']])).toEqual([
      [400, 'a container name must be specified for pod talkative, choose one of: [first one two]'],
      [400, 'container three is not valid for pod talkative'],
    ]);
    expect([unscheduled.status, unscheduled.text]).toEqual([204, '']);
  });

  it('are applied by the server, field by field', async () => {
    const apply = (body: Json, manager: string, force = false) =>
      here.client.ask('PATCH', `${here.pods}/applied?fieldManager=${manager}${force ? '&force=true' : ''}`, {
        body: JSON.stringify(body),
        contentType: 'application/apply-patch+yaml',
      });
    const wanted = (labels: Record<string, string>) => pod('applied', { labels });
    const created = await apply(wanted({ a: '1', b: '1' }), 'first');
    const other = await apply(
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'applied', labels: { a: '2' } } },
      'second',
    );
    const forced = await apply(
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'applied', labels: { a: '2' } } },
      'second',
      true,
    );
    const less = await apply(wanted({}), 'first');

    expect([created.status, other.status, forced.status, less.status]).toEqual([201, 409, 200, 200]);
    expect(owners(created.body)[0]).toMatchObject({ manager: 'first', operation: 'Apply' });
    expect(other.body).toMatchObject({
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "first": .metadata.labels.a',
      details: {
        causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "first"', field: '.metadata.labels.a' }],
      },
    });
    expect(at(less.body, 'metadata', 'labels')).toEqual({ a: '2' });
  });
});

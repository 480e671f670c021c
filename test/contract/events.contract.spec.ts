import { describe, expect, it, onTestFinished } from 'vitest';
import type { Json } from './client.js';
import { at, clusters, ground, names } from './clusters.js';

const table = { accept: 'application/json' };

describe.each(clusters)('events of $name', (contracted) => {
  const here = ground(contracted);
  const core = () => `/api/v1/namespaces/${here.namespace}/events`;
  const grouped = () => `/apis/events.k8s.io/v1/namespaces/${here.namespace}/events`;

  const legacy = (name: string, pod: string, fieldPath = ''): Json => ({
    metadata: { name },
    involvedObject: {
      kind: 'Pod',
      namespace: here.namespace,
      name: pod,
      uid: `${pod}-uid`,
      apiVersion: 'v1',
      ...(fieldPath && { fieldPath }),
    },
    reason: 'BackOff',
    message: 'Back-off restarting failed container',
    type: 'Warning',
    source: { component: 'kubelet', host: 'node-a' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:05Z',
    count: 2,
  });

  it('of the core group are seen through events.k8s.io with their other names', async () => {
    const made = await here.client.create(core(), legacy('legacy', 'web', 'spec.initContainers{first}'));
    const { body } = await here.client.get(`${grouped()}/legacy`, table);

    expect(made).toMatchObject({
      kind: 'Event',
      apiVersion: 'v1',
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
      count: 2,
    });
    expect(body).toMatchObject({
      kind: 'Event',
      apiVersion: 'events.k8s.io/v1',
      metadata: { uid: at(made, 'metadata', 'uid'), resourceVersion: at(made, 'metadata', 'resourceVersion') },
      regarding: { name: 'web', fieldPath: 'spec.initContainers{first}' },
      note: 'Back-off restarting failed container',
      deprecatedSource: { component: 'kubelet', host: 'node-a' },
      deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
      deprecatedLastTimestamp: '2026-01-01T00:00:05Z',
      deprecatedCount: 2,
      eventTime: null,
    });
    expect(body['message']).toBeUndefined();
  });

  it('of events.k8s.io are seen through the core group', async () => {
    const made = await here.client.create(grouped(), {
      metadata: { name: 'modern' },
      regarding: { kind: 'Pod', namespace: here.namespace, name: 'web', uid: 'web-uid', apiVersion: 'v1' },
      reason: 'FailedScheduling',
      note: 'no nodes',
      type: 'Warning',
      action: 'Scheduling',
      eventTime: '2026-01-01T00:00:00.123456Z',
      reportingController: 'example.com/scheduler',
      reportingInstance: 'scheduler-0',
    });
    const { body } = await here.client.get(`${core()}/modern`);

    expect(made).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'no nodes' });
    expect(body).toMatchObject({
      apiVersion: 'v1',
      involvedObject: { name: 'web' },
      message: 'no nodes',
      eventTime: '2026-01-01T00:00:00.123456Z',
      firstTimestamp: null,
      lastTimestamp: null,
      source: {},
      reportingComponent: 'example.com/scheduler',
    });
    expect(Object.keys(at(made, 'metadata', 'managedFields', 0, 'fieldsV1') as object)).toEqual([
      'f:action',
      'f:eventTime',
      'f:note',
      'f:reason',
      'f:regarding',
      'f:reportingController',
      'f:reportingInstance',
      'f:type',
    ]);
  });

  it('are counted by patches, which their watchers see', async () => {
    await here.client.create(core(), legacy('counted', 'web'));
    const from = String(at((await here.client.get(core())).body, 'metadata', 'resourceVersion'));
    const opened = await here.client.watch(`${core()}?watch=1&resourceVersion=${from}`);
    onTestFinished(() => opened.close());
    await here.client.patch(
      `${core()}/counted`,
      { count: 3, lastTimestamp: '2026-01-01T00:00:09Z' },
      'strategic-merge',
    );
    const frames = await opened.until(({ type }) => type === 'MODIFIED');

    expect(frames.map(({ type, object }) => [type, object['count'], object['lastTimestamp']])).toEqual([
      ['MODIFIED', 3, '2026-01-01T00:00:09Z'],
    ]);
  });

  it.each([
    ['involvedObject.kind=Pod,involvedObject.name=one', ['selected-1']],
    ['involvedObject.uid=two-uid', ['selected-2']],
    ['involvedObject.fieldPath=spec.initContainers{a}', ['selected-2']],
    ['involvedObject.name=one,type=Normal', []],
    ['source=kubelet,reason=BackOff,involvedObject.name!=web', ['selected-1', 'selected-2']],
  ])('are selected by %s', async (selector, expected) => {
    await here.client.ask('POST', core(), { body: legacy('selected-1', 'one') });
    await here.client.ask('POST', core(), { body: legacy('selected-2', 'two', 'spec.initContainers{a}') });
    const { body } = await here.client.get(`${core()}?fieldSelector=${encodeURIComponent(selector)}`);

    expect(names(body)).toEqual(expected);
  });

  it('are selected by the names of their API', async () => {
    await here.client.ask('POST', core(), { body: legacy('regarded', 'three') });
    const { body } = await here.client.get(`${grouped()}?fieldSelector=regarding.name%3Dthree`);
    const foreign = await here.client.get(`${grouped()}?fieldSelector=involvedObject.name%3Dthree`);

    expect(names(body)).toEqual(['regarded']);
    expect(foreign.body).toMatchObject({ code: 400, message: 'field label not supported: involvedObject.name' });
  });

  it('are about something in their own namespace', async () => {
    const { status, body } = await here.client.ask('POST', core(), {
      body: { ...legacy('elsewhere', 'web'), involvedObject: { kind: 'Pod', namespace: 'other', name: 'web' } },
    });

    expect(status).toBe(422);
    expect(body['message']).toBe(
      'Event "elsewhere" is invalid: involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    );
  });
});

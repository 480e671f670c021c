import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from '#libs/kubernetes';
import { scriptedServer } from '#testing/kubernetes';
import { Recorders, SmallApi, frame, kubeEvent, pod, running, uidOf, watchingWithin } from './testing/index.js';
import type { StartedRecorder, Told } from './testing/index.js';

let recorders: Recorders;
let api: SmallApi;

beforeEach(async () => {
  recorders = await Recorders.open();
  api = await SmallApi.start();
  api.put('namespaces', { metadata: { name: 'kube-system', uid: uidOf('kube-system') } });
  api.put('namespaces', { metadata: { name: 'shop', uid: uidOf('shop') } });
});

afterEach(async () => {
  await recorders.close();
  await api.close();
});

const record = (choice?: Parameters<Recorders['start']>[1]) => recorders.start(api.kubeconfig, choice);
const watching = watchingWithin(10_000);

/** Waits until the log holds what `find` finds, and returns it. */
const until = (one: StartedRecorder, find: (told: readonly Told[]) => readonly Told[], count = 1) =>
  vi.waitFor(async () => {
    const found = find(await one.told());
    expect(found).toHaveLength(count);
    return found;
  }, 10_000);

const ofType = (type: string) => (told: readonly Told[]) => told.filter((each) => each.type === type);
const ofPod = (name: string) => (told: readonly Told[]) =>
  told.filter(({ streamId }) => streamId === uidOf(`pod ${name}`));
const ownedBy = <Metadata extends object>(owner: object, metadata: Metadata) => ({
  ...metadata,
  ownerReferences: [owner],
});
const openings = (resource: string) => (told: readonly Told[]) =>
  ofType('WatchOpened')(told).filter(({ body }) => body['resource'] === resource);

describe('a first list', () => {
  it('records namespaces, nodes, owners and then pods, and says that watching begins', async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1' };
    const deployment = {
      name: 'web',
      uid: uidOf('Deployment web'),
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      controller: true,
    };
    api.put('deployments', { metadata: { name: 'web', namespace: 'shop', uid: uidOf('Deployment web') } });
    api.put('replicasets', {
      metadata: ownedBy(deployment, { name: 'web-1', namespace: 'shop', uid: uidOf('ReplicaSet web-1') }),
    });
    api.put('nodes', { metadata: { name: 'n1', uid: uidOf('node') } });
    api.put('pods', pod({ owner }));

    const one = record();
    await watching(one);

    const told = await until(one, openings('pods'));
    const order = (await one.told()).map(({ type, body }) =>
      type === 'WatchOpened' ? `opened ${String(body['resource'])}` : type,
    );
    expect(order.filter((step) => step !== 'opened events')).toEqual([
      'NamespaceObserved',
      'NamespaceObserved',
      'opened namespaces',
      'NodeObserved',
      'opened nodes',
      'OwnerObserved',
      'OwnerObserved',
      'PodObserved',
      'opened pods',
    ]);
    expect(told[0]?.body).toMatchObject({ via: 'initialList', count: 1, watchEpoch: 0, serverVersion: 'v1.33.0' });
  });

  it('follows all pages', async () => {
    api.pageSize = 3;
    for (let at = 0; at < 10; at += 1) api.put('pods', pod({ name: `p${at}` }));

    const one = record();

    expect((await until(one, openings('pods')))[0]?.body).toMatchObject({ count: 10 });
    expect(ofType('PodObserved')(await one.told())).toHaveLength(10);
  });

  it('asks for nothing but Events about pods', async () => {
    await watching(record());

    expect(
      api.asked
        .filter((asked) => asked.includes('/events'))
        .every((asked) => asked.includes('involvedObject.kind=Pod')),
    ).toBe(true);
  });
});

describe('a watch', () => {
  it('records what a frame changes, nothing that a frame repeats, and how a pod went', async () => {
    const one = record();
    await watching(one);

    api.put('pods', pod());
    api.put('pods', pod());
    api.put('pods', pod({ phase: 'Running' }));
    api.delete('pods', uidOf('pod web'));

    const told = await until(one, ofPod('web'), 3);
    expect(
      told.map(({ type, body }) => [type, Object.keys(body['parts'] as object).includes('spec'), body['how']]),
    ).toEqual([
      ['PodObserved', true, undefined],
      ['PodObserved', false, undefined],
      ['PodGone', false, 'deleted'],
    ]);
  });

  it('takes a frame that comes twice, or late, for what it is', async () => {
    const one = record();
    await watching(one);
    api.put('pods', pod());
    const [first] = await until(one, ofPod('web'));
    const late = pod({ phase: 'Unknown' });
    const resourceVersion = String(first?.body['resourceVersion']);

    api.say('pods', frame('MODIFIED', { ...late, metadata: { ...late.metadata, resourceVersion } }));
    api.put('pods', pod({ phase: 'Running' }));

    const told = await until(one, ofPod('web'), 2);
    expect(told.map(({ body }) => (body['parts'] as { status?: { phase?: string } }).status?.phase)).toEqual([
      'Pending',
      'Running',
    ]);
  });

  it.each(['well', 'mid-line'] as const)(
    'goes on from its position when it was ended %s, without a gap',
    async (how) => {
      const one = record();
      await watching(one);
      api.put('pods', pod({ name: 'before' }));
      await until(one, ofPod('before'));

      api.cut('pods', how);
      api.put('pods', pod({ name: 'meanwhile' }));

      await until(one, ofPod('meanwhile'));
      const told = await one.told();
      expect(ofType('ObservationGap')(told)).toEqual([]);
      expect(openings('pods')(told)).toHaveLength(1);
    },
  );

  it('says that changes may have gone unseen when its position expired, and finds what went', async () => {
    api.put('pods', pod({ name: 'stays' }));
    api.put('pods', pod({ name: 'goes' }));
    const one = record();
    await watching(one);

    api.cut('pods', 'well');
    api.delete('pods', uidOf('pod goes'));
    api.put('pods', pod({ name: 'comes' }));
    api.compact();

    await until(one, openings('pods'), 2);
    const told = await one.told();
    expect(ofType('ObservationGap')(told).filter(({ body }) => body['resource'] === 'pods')).toMatchObject([
      { body: { cause: 'expired', fromResourceVersion: '104', toResourceVersion: '106' } },
    ]);
    expect(ofPod('goes')(told).at(-1)).toMatchObject({ type: 'PodGone', body: { how: 'missing', parts: {} } });
    expect(ofPod('comes')(told)).toMatchObject([{ type: 'PodObserved', body: { via: 'relist' } }]);
    expect(ofPod('stays')(told)).toHaveLength(1);
  });

  it('begins another epoch when resourceVersions went back, once for all watches', async () => {
    api.put('pods', pod({ name: 'kept' }));
    const one = record();
    await watching(one);

    for (const collection of ['pods', 'events', 'nodes', 'namespaces']) api.say(collection, 'no frame\n');
    api.restore(50);
    api.compact();

    await until(one, (told) => openings('pods')(told).filter(({ body }) => body['watchEpoch'] === 1));
    await watching(one);
    const forks = ofType('HistoryForked')(await one.told());
    expect(forks).toMatchObject([{ body: { after: '50', watchEpoch: 1 } }]);
  }, 30_000);

  it('records Events and their counts, and nothing when they expire', async () => {
    const one = record();
    await watching(one);

    api.put('events', kubeEvent({ count: 1 }));
    api.put('events', kubeEvent({ count: 4 }));
    api.delete('events', uidOf('event started'));
    api.put('pods', pod({ name: 'after' }));

    await until(one, ofPod('after'));
    const told = await until(one, ofPod('web'), 2);
    expect(told.map(({ body }) => (body['event'] as { count: number }).count)).toEqual([1, 4]);
  });
});

describe('what is missing', () => {
  it('is told of each right, and picked up when it comes', async () => {
    for (const denied of ['events', 'nodes', 'replicasets']) api.denied.add(denied);
    const one = record();
    await vi.waitFor(() => expect(one.recorder.status.watches).toHaveLength(4));
    api.put('pods', pod({ owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1' } }));
    await until(one, ofPod('web'));

    expect(one.recorder.status.unknowns.map(({ right }) => right)).toEqual([
      'list events',
      'watch events',
      'list nodes',
      'watch nodes',
      'get replicasets',
    ]);
  });

  it('names the rule and the way out when pods may not be listed', async () => {
    api.denied.add('pods');
    const { recorder } = record();

    await vi.waitFor(() => expect(recorder.status.error).toContain('pods is forbidden'), 5_000);
    expect(recorder.status.remedy).toContain('--namespace NAME');
  });

  it('is waited for when the cluster does not answer at all', async () => {
    const cluster = connect({ kubeconfig: api.kubeconfig });
    await api.close();
    const { recorder } = record({ cluster });

    await vi.waitFor(() =>
      expect(recorder.status).toMatchObject({ state: 'connecting', error: expect.stringContaining('does not answer') }),
    );
  });
});

describe('one namespace', () => {
  it('is all that is listed, with its UID', async () => {
    api.put('pods', pod({ name: 'ours' }));
    api.put('pods', pod({ name: 'theirs', namespace: 'bank' }));
    const one = record({ namespaces: ['shop'] });

    await until(one, openings('pods'));
    const told = await one.told();
    expect(ofType('PodObserved')(told).map(({ streamId }) => streamId)).toEqual([uidOf('pod ours')]);
    expect(ofType('NamespaceObserved')(told).map(({ streamId }) => streamId)).toEqual([uidOf('shop')]);
    expect(api.asked.some((asked) => asked.startsWith('GET /api/v1/pods'))).toBe(false);
  });
});

describe('probes', () => {
  it('are held for a minute, and written at stop', async () => {
    const ready = (is: boolean) =>
      pod({
        phase: 'Running',
        conditions: { Initialized: 'True', Ready: is ? 'True' : 'False' },
        containerStatuses: [running(is)],
      });
    const one = record();
    await watching(one);
    for (const is of [false, true, false, true, false]) api.put('pods', ready(is));
    await until(one, ofPod('web'), 2);
    await sleep(300);
    expect(ofPod('web')(await one.told())).toHaveLength(2);

    await one.recorder.stop();

    const told = ofPod('web')(await one.told());
    expect(told).toHaveLength(3);
    expect(told[2]?.body).toMatchObject({ coalesced: expect.any(Number) });
  });
});

describe('a stop', () => {
  it('does not wait for a cluster that never answers', async () => {
    const silent = await scriptedServer(() => undefined);
    const { recorder } = record({ cluster: connect({ kubeconfig: silent.kubeconfig }) });
    await vi.waitFor(() => expect(silent.asked.length).toBeGreaterThan(0));

    const began = performance.now();
    await recorder.stop();

    expect(performance.now() - began).toBeLessThan(1_000);
    await silent.close();
  });
});

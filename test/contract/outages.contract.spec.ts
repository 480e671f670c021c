import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startApi, type SimulatedApi } from '#libs/cluster-simulator';
import { realCluster, startRealCluster, type RealCluster } from '../support/real-cluster.js';
import { Client } from './client.js';
import { at, names, pod } from './clusters.js';

/** A cluster whose API server can be made to go. */
type Breakable = Readonly<{ kubeconfig: string; kill(): Promise<unknown>; stop(): Promise<void> }>;

async function simulated(): Promise<Breakable> {
  const api: SimulatedApi = await startApi({ https: true });
  const kill = async () => api.faults.killApi();
  return { kubeconfig: api.kubeconfigPath, kill, stop: () => api.close() };
}

async function real(): Promise<Breakable> {
  const cluster: RealCluster = await startRealCluster();
  return { kubeconfig: cluster.kubeconfig, kill: () => cluster.command('kill'), stop: () => cluster.stop() };
}

const clusters = [
  { name: 'the simulator', start: simulated },
  ...(realCluster ? [{ name: 'a real API server', start: real }] : []),
];

const pods = '/api/v1/namespaces/default/pods';
const events = '/api/v1/namespaces/default/events';

const event = (name: string) => ({
  metadata: { name },
  involvedObject: { kind: 'Pod', namespace: 'default', name: 'web' },
  reason: 'Pulled',
  type: 'Normal',
});

describe.each(clusters)('an API server that is killed: $name', ({ start }) => {
  let cluster: Breakable;
  let client: Client;

  beforeAll(async () => {
    cluster = await start();
    client = new Client(cluster.kubeconfig);
  });
  afterAll(() => cluster?.stop());

  const positionOf = async (path: string) => String(at((await client.get(path)).body, 'metadata', 'resourceVersion'));

  const untilAnswered = () =>
    vi.waitFor(async () => expect((await client.get('/readyz')).status).toBe(200), { timeout: 60_000, interval: 50 });

  it('cuts its watches, and begins its watch cache anew; Events, which have none, are told on', async () => {
    const before = await positionOf(pods);
    await client.create(pods, pod('written'));
    await client.create(events, event('written'));
    const opened = await client.watch(`${pods}?watch=1&resourceVersion=${before}`);
    await opened.until(({ type }) => type === 'ADDED');

    const killed = cluster.kill();
    await opened.ended;
    await killed;
    await untilAnswered();

    const tooOld = await client.watch(`${pods}?watch=1&resourceVersion=${before}`);
    const [refused] = await tooOld.until(({ type }) => type === 'ERROR');
    expect(refused?.object).toMatchObject({ code: 410, reason: 'Expired' });
    expect(String(refused?.object['message'])).toMatch(new RegExp(`^too old resource version: ${before} \\(\\d+\\)$`));
    const ofEvents = await client.watch(`${events}?watch=1&resourceVersion=${before}`);
    const told = await ofEvents.until(({ type }) => type === 'ADDED');
    expect(told.map(({ object }) => object.metadata['name'])).toEqual(['written']);
    for (const one of [tooOld, ofEvents]) one.close();
  });

  it('lists what it had, from now and from a position of before, and tells what is written from its list on', async () => {
    const listed = await client.get(pods);
    expect(names(listed.body)).toEqual(['written']);
    const from = at(listed.body, 'metadata', 'resourceVersion');
    expect((await client.get(`${pods}?resourceVersion=1`)).status).toBe(200);
    const opened = await client.watch(`${pods}?watch=1&resourceVersion=${String(from)}`);
    await client.create(pods, pod('later'));
    const told = await opened.until(({ type }) => type === 'ADDED');
    expect(told.map(({ object }) => object.metadata['name'])).toEqual(['later']);
    opened.close();
  });
});

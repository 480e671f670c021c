import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statusColumn } from '#libs/init-history';
import { anyPod, partsOf, type RawPod } from '#testing/init-history';
import type { Json } from './client.js';
import { clusters, ground, type Ground } from './clusters.js';

/** A real server is asked in bulk; the simulator, which is slower by far, less often. */
const states = { real: 3000, simulated: 400 };
const atOnce = 16;
const seed = Number(process.env['STATUS_COLUMN_SEED'] ?? 1);

type Row = Readonly<{ cells: readonly unknown[]; object: RawPod }>;

describe.each(clusters)('READY, STATUS and RESTARTS of any pod in the Table of $name', (contracted) => {
  const here = ground(contracted);
  const count = contracted.kubeconfig ? states.real : states.simulated;

  it('are what the service makes of that pod', { timeout: 300_000 }, async () => {
    const { body } = await here.client.get('/version');
    const pods = fc.sample(anyPod, { seed, numRuns: count });
    await inParallel(pods.entries(), ([i, pod]) => put(here, `state-${i}`, pod as Json));

    const rows = await tableOf(here);
    const differences = rows.flatMap(({ cells, object }) => {
      const [, ready, status, restarts] = cells.map(String);
      const theirs = { ready, status, restarts: restarts?.split(' ')[0] };
      const cell = statusColumn(partsOf(object), Number(body['minor']));
      const ours = { ready: cell.ready, status: cell.status, restarts: String(cell.restarts) };
      return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [{ ours, theirs, pod: object['status'] }];
    });

    await inParallel(pods.keys(), (i) => release(here, `state-${i}`));
    expect(rows).toHaveLength(count);
    expect(differences.slice(0, 5)).toEqual([]);
  });
});

/**
 * Brings a pod into a state: created, its status written, and its deletion asked for; a finalizer keeps it there. No node gets
 * it, and its policy is the one under which a server takes every status: of both, the three columns know nothing.
 */
async function put({ client, pods }: Ground, name: string, pod: Json): Promise<void> {
  const { deletionTimestamp, ...metadata } = pod['metadata'] as Json;
  const { nodeName: _none, restartPolicy: _any, ...spec } = pod['spec'] as Json;
  const made = { metadata: { ...metadata, name, namespace: undefined }, spec: { ...spec, schedulerName: 'nobody' } };
  await client.create(pods, made);
  await client.patch(`${pods}/${name}/status`, { status: pod['status'] });
  if (deletionTimestamp !== undefined) await client.ask('DELETE', `${pods}/${name}`);
}

/** Lets a pod go that a finalizer holds; the others go with their namespace. */
async function release({ client, pods }: Ground, name: string): Promise<void> {
  await client.patch(`${pods}/${name}`, { metadata: { finalizers: null } });
}

/** What kubectl would print, and of which pods. */
async function tableOf({ client, pods }: Ground): Promise<readonly Row[]> {
  const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1';
  const rows: Row[] = [];
  let next = '';
  do {
    const { body } = await client.get(`${pods}?limit=500&includeObject=Object${next}`, { accept });
    rows.push(...(body['rows'] as Row[]));
    const token = (body['metadata'] as { continue?: string }).continue;
    next = token ? `&continue=${encodeURIComponent(token)}` : '';
  } while (next !== '');
  return rows;
}

async function inParallel<T>(things: Iterable<T>, doing: (thing: T) => Promise<void>): Promise<void> {
  const rest = things[Symbol.iterator]();
  const worker = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await doing(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareWithTruth, type TrueInstance } from './truth.js';
import { all, start, until, type Json, type Service } from './service.js';

/** The demo cluster's own account of what its containers did. */
async function truthOf(service: Service): Promise<TrueInstance[]> {
  const at = /own account: (http\S+)/.exec(service.output());
  if (!at) throw new Error(`it did not say where the demo's account is:\n${service.output()}`);
  const lines = (await (await fetch(at[1]!)).text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as TrueInstance);
}

let data: string;
let service: Service | undefined;
beforeEach(async () => (data = await mkdtemp(join(tmpdir(), 'initledger-e2e-'))));
afterEach(async () => {
  if (service && service.process.exitCode === null) await service.stop();
  service = undefined;
  await rm(data, { recursive: true, force: true });
});

const demo = (): readonly string[] => ['--source', 'demo', '--data', join(data, 'ledger')];

const podsOf = async (from: Service): Promise<Json[]> => {
  const items = await all(from, '/api/v1/pods?limit=500&initContainers=any');
  return Promise.all(items.map(async ({ uid }) => (await from.get(`/api/v1/pods/${uid}`)).data));
};

describe('the demo', () => {
  it('tells every attempt as the simulated kubelets know it', async () => {
    service = await start({ args: demo() });
    await sleep(45_000);

    const truth = await truthOf(service);
    const told = await podsOf(service);

    const { wrong, compared } = compareWithTruth(told, truth);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(20);
    expect(await service.stop()).toBe(0);
  });

  it('loses nothing and tells nothing twice when it is killed ten times', async () => {
    for (let kill = 0; kill < 10; kill += 1) {
      service = await start({ args: demo() });
      await sleep(500 + 700 * (kill % 4));
      await service.kill();
    }
    service = await start({ args: demo() });
    await until(async () => (await service!.get('/api/v1/pods?limit=1')).items.length > 0, {
      seconds: 60,
      what: () => `it told of no pod:\n${service!.output()}`,
    });

    const pods = await podsOf(service);
    const attempts = pods.flatMap(({ cycles }) =>
      cycles.flatMap((cycle: Json) => cycle.initContainers.flatMap((one: Json) => one.attempts)),
    );
    const ids = attempts.map(({ containerId }: Json) => containerId);

    expect(new Set(ids).size).toBe(ids.length);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { start, until, type Json, type Service } from './service.js';
import { compareWithTruth, miscounted, podsOf, unknown, type TrueInstance } from './truth.js';

/** The demo cluster's own account of what its containers did. */
async function truthOf(service: Service): Promise<TrueInstance[]> {
  const at = /own account: (http\S+)/.exec(service.output());
  if (!at) throw new Error(`it did not say where the demo's account is:\n${service.output()}`);
  const lines = (await (await fetch(at[1]!)).text()).split('\n').filter((line) => line !== '');
  return lines
    .map((line) => JSON.parse(line) as TrueInstance & { kind: string })
    .filter(({ kind }) => kind === 'container');
}

let data: string;
let service: Service | undefined;
beforeEach(async () => (data = await mkdtemp(join(tmpdir(), 'initledger-e2e-'))));
afterEach(async () => {
  if (service && service.process.exitCode === null && service.process.signalCode === null) await service.stop();
  service = undefined;
  await rm(data, { recursive: true, force: true });
});

const demo = (): readonly string[] => ['--source', 'demo', '--data', join(data, 'ledger')];

describe('the demo', () => {
  it('tells every attempt as the simulated kubelets know it', async () => {
    service = await start({ args: demo() });
    await sleep(60_000);

    const told = await podsOf(service);
    const truth = await truthOf(service);

    const { wrong, compared } = compareWithTruth(told, truth);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(20);
    expect(miscounted(told, truth)).toEqual([]);
    expect(unknown(told, truth)).toEqual([]);
    expect(await service.stop()).toBe(0);
  });

  it('goes on from its data after ten kills, and tells no attempt twice', async () => {
    for (let kill = 0; kill < 10; kill += 1) {
      service = await start({ args: demo() });
      await sleep(500 + 700 * (kill % 4));
      await service.kill();
    }
    service = await start({ args: demo() });
    await until(async () => (await podsOf(service!)).some(({ deletedAt }) => deletedAt !== null), {
      seconds: 60,
      what: () => `it told of no pod of an earlier start:\n${service!.output()}`,
    });

    const attempts: Json[] = (await podsOf(service)).flatMap(({ cycles }) =>
      cycles.flatMap((cycle: Json) => cycle.initContainers.flatMap((one: Json) => one.attempts)),
    );
    const ids = attempts.map(({ containerId }) => containerId as string);

    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

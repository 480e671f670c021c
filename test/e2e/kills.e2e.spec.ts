import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDemo, startSimulator, type Simulator } from '#libs/cluster-simulator';
import { compareWithTruth, untold, type TrueInstance } from './truth.js';
import { all, start, until, type Json, type Service } from './service.js';

let folder: string;
let simulator: Simulator;
let service: Service | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'initledger-kills-'));
  simulator = await startSimulator({ seed: 7 });
  startDemo(simulator, { seed: 7 });
});
afterEach(async () => {
  if (service && service.process.exitCode === null && service.process.signalCode === null) await service.stop();
  service = undefined;
  await simulator.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the service', () => {
  it('loses nothing and tells nothing twice when it is killed ten times', async () => {
    const args = ['--source', 'kubernetes', '--kubeconfig', simulator.kubeconfigPath, '--data', join(folder, 'ledger')];
    for (let kill = 0; kill < 10; kill += 1) {
      service = await start({ args });
      await sleep(300 + 450 * (kill % 4));
      await service.kill();
    }
    service = await start({ args });
    await caughtUp(service);

    const truth = simulator.kubelets.truth
      .entries()
      .filter(({ kind }) => kind === 'container') as readonly TrueInstance[];
    const pods = await details(service);

    const { wrong, compared } = compareWithTruth(pods, truth);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(20);
    expect(duplicates(pods)).toEqual([]);
    expect(untold(pods, truth)).toEqual([]);
  });
});

/** Waits until everything recorded has been projected and nothing is missing of what ended five seconds ago. */
async function caughtUp(of: Service): Promise<void> {
  await sleep(5000);
  await until(async () => (await of.get('/api/v1/pods?limit=1')).meta.projectionLagSeconds < 1, {
    seconds: 60,
    what: () => `it did not catch up:\n${of.output()}`,
  });
}

async function details(of: Service): Promise<Json[]> {
  const items = await all(of, '/api/v1/pods?limit=500');
  return Promise.all(items.map(async ({ uid }) => (await of.get(`/api/v1/pods/${uid}`)).data));
}

const attemptsOf = (pods: readonly Json[]): Json[] =>
  pods.flatMap(({ cycles }) =>
    cycles.flatMap((cycle: Json) => cycle.initContainers.flatMap((one: Json) => one.attempts)),
  );

function duplicates(pods: readonly Json[]): string[] {
  const ids = attemptsOf(pods).map(({ containerId }) => containerId as string);
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDemo, startSimulator, type Simulator } from '#libs/cluster-simulator';
import { start, until, type Service } from './service.js';
import { compareWithTruth, miscounted, podsOf, unknown } from './truth.js';

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

    const pods = await podsOf(service);
    const truth = simulator.kubelets.truth.entries().filter(({ kind }) => kind === 'container');

    const { wrong, compared } = compareWithTruth(pods, truth);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(20);
    expect(miscounted(pods, truth)).toEqual([]);
    // the watch went on from where it was, so no pod went unseen either
    expect(unknown(pods, truth)).toEqual([]);
    expect((await service.get('/api/v1/gaps')).items).toEqual([]);
  });
});

/** Waits until everything recorded has been projected, and what ended meanwhile has been shown. */
async function caughtUp(of: Service): Promise<void> {
  await sleep(5000);
  await until(async () => (await of.get('/api/v1/pods?limit=1')).meta.projectionLagSeconds < 1, {
    seconds: 60,
    what: () => `it did not catch up:\n${of.output()}`,
  });
}

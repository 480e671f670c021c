import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { campaign } from '../chaos/campaign.js';
import { kindNames } from '../chaos/kinds.js';
import type { Wanted } from '../chaos/plan.js';
import { realCampaign } from '../chaos/real.js';
import { realCluster, startRealCluster } from '../support/real-cluster.js';

/** What takes longest to bring about and to recover from is left to `npm run chaos`. */
const slow = /^(zombie|two-recorders|disk-full|pause-|clock-api|database-(stall|deaf|half-closed)-api)/;
const quick = kindNames.filter((name) => !slow.test(name));
const wanted: Wanted = {
  seed: 20,
  faults: 40,
  only: quick,
  everyMs: 400,
  deployments: { three: 1 },
  mayMount: false,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'initledger-short-chaos-'));
});
/** What was wrong may not be so again: then its logs are what there is to look into. */
let hasFailed = false;
afterEach(({ task }) => {
  hasFailed ||= task.result?.state === 'fail';
});
afterAll(async () => {
  if (hasFailed) process.stderr.write(`chaos: logs and keys of all processes are kept in ${folder}\n`);
  else await rm(folder, { recursive: true, force: true });
});

/** A busy machine is no failure. */
const patience = 600_000;

const tell = (line: string): boolean => process.stderr.write(`chaos: ${line}\n`);

describe('recorder, projector and api', { timeout: patience }, () => {
  it('lose nothing and tell nothing twice through forty faults', async () => {
    const outcome = await campaign({
      wanted,
      pace: { everyMs: 1_500, most: 15 },
      minutes: 5,
      folder: join(folder, 'simulated'),
      tell,
    });

    expect(outcome.untruths).toEqual([]);
    expect(Object.values(outcome.injected).reduce((sum, count) => sum + count, 0)).toBe(wanted.faults);
    const little = ['observations', 'pods', 'attempts', 'transitions', 'eventCheckpoints', 'rows'].filter(
      (what) => !outcome.compared[what],
    );
    expect(little).toEqual([]);
  });

  it.skipIf(!realCluster)('record all that is written into a real API server that is killed and forgets', async () => {
    const cluster = await startRealCluster(['--controllers']);
    try {
      const { kubeconfig, command } = cluster;
      const outcome = await realCampaign({
        seed: 5,
        faults: 11,
        kubeconfig,
        command,
        folder: join(folder, 'real'),
        tell,
      });

      expect(outcome.untruths).toEqual([]);
      expect(['observations', 'writes', 'gaps', 'eventCheckpoints'].filter((what) => !outcome.compared[what])).toEqual(
        [],
      );
    } finally {
      await cluster.stop();
    }
  });
});

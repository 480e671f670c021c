import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { campaign } from '../live/campaign.js';
import { caseIn } from '../live/case.js';
import { judge } from '../live/judge.js';
import { realCluster } from '../support/real-cluster.js';

// Set by .ci/run where a node with real containers can be had; truth.jsonl is what its container runtime saw.
const kubeconfig = process.env['CONTRACT_KUBECONFIG'];
const truth = process.env['CONTRACT_TRUTH'];
const image = process.env['CONTRACT_IMAGE'] ?? 'busybox:1.36';

describe.skipIf(!kubeconfig || !truth || !realCluster)('random lives on a real node', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'initledger-lives-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are told as the container runtime knows them, through cuts and kills', async () => {
    await campaign({
      wanted: { seed: 4, lives: 8, seconds: 70, disruptions: 3, kinds: ['cut-wire', 'stall-wire', 'kill-service'] },
      node: { kubeconfig: kubeconfig!, truth: truth!, image, kubelet: 36 },
      namespace: `live-${Date.now().toString(36)}`,
      folder,
      tell: (line) => process.stderr.write(`live: ${line}\n`),
    });

    const { untruths, compared } = judge(caseIn(folder));
    expect(untruths).toEqual([]);
    for (const count of Object.values(compared)) expect(count).toBeGreaterThan(5);
  });
});

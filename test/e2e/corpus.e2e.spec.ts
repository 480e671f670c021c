/** Every recording through the whole path: recorder, event store, projections, REST; held against runtime and Table. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ledger } from '#testing/projections';
import { recordFile } from '#testing/recording';
import { apiOn } from '#testing/reports';
import { caseOf } from '../live/case.js';
import { judge } from '../live/judge.js';
import { looksOf, podsNamedIn, printedIn } from '../live/revealed.js';
import { askAll, type Disrupted } from '../live/told.js';
import { truthOf } from '../live/truth.js';
import { clusterFrames, frames, recordings, truth, type Line, type Recording } from '../recordings/reader.js';
import { until, type Asked } from './service.js';

/** Runs that had their node watched: there a reboot can be told from a mere sandbox death. */
const runOf = ({ scenario }: Recording): string | null => (scenario.startsWith('reboot-') ? 'reboot' : null);

/** What a watcher received of a scenario, and of the nodes and namespaces of its run. */
function linesOf(recording: Recording): Line[] {
  const run = runOf(recording);
  const around = run ? clusterFrames(recording.kubelet, run).filter(({ resource }) => resource !== 'events') : [];
  return [...frames(recording), ...around].toSorted((a, b) => (a.receivedAt < b.receivedAt ? -1 : 1));
}

/** When the node of a run was rebooted: at any time, for it was all that happened to its sandboxes. */
const disruptedIn = (recording: Recording): readonly Disrupted[] =>
  runOf(recording) ? [{ kind: 'reboot', from: 0, to: Number.POSITIVE_INFINITY }] : [];

let folder: string;
let ledger: Ledger;
let api: NestFastifyApplication;
const asked: Asked = {
  get: async (path) => {
    const { statusCode, payload } = await api.inject(path);
    if (statusCode !== 200) throw new Error(`GET ${path}: ${statusCode} ${payload}`);
    return JSON.parse(payload) as never;
  },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'initledger-corpus-'));
  // Recordings are never told beside a real cluster.
  ledger = await Ledger.open('recording');
  api = await apiOn(ledger.pools.api);
});
afterAll(async () => {
  await api.close();
  await ledger.close();
  await rm(folder, { recursive: true, force: true });
});

describe('every recording, recorded, projected and asked for', { timeout: 600_000 }, () => {
  beforeAll(async () => {
    for (const recording of recordings()) {
      const name = `${recording.kubelet}-${recording.scenario}`;
      const place = join(folder, `${name}.jsonl`);
      await writeFile(
        place,
        `${linesOf(recording)
          .map((line) => JSON.stringify(line))
          .join('\n')}\n`,
      );
      await recordFile(ledger.recorderPool, { place, name });
    }
    const keeper = ledger.keeper();
    keeper.start();
    await until(async () => (await asked.get('/api/v1/pods?limit=1')).meta.projectionLagSeconds === 0, {
      seconds: 300,
      what: () => 'the recordings were not projected in time',
    });
    await keeper.stop();
  }, 600_000);

  it.each(recordings())('$scenario of kubelet $kubelet is told as it was', async (recording) => {
    const told = await askAll(asked, `cluster=${recording.kubelet}-${recording.scenario}`);
    const lines = linesOf(recording);
    const { untruths, compared } = judge(
      caseOf({
        told: { ...told, disrupted: disruptedIn(recording) },
        truth: truthOf(truth(recording)),
        looks: looksOf(lines),
        named: podsNamedIn(lines),
        printed: printedIn(lines),
      }),
    );

    expect(untruths).toEqual([]);
    expect(compared['pods']).toBeGreaterThan(0);
    expect(compared['rows']).toBeGreaterThan(0);
  });
});

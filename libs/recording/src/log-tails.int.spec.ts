import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { scenarioNamed, startSimulator } from '#libs/cluster-simulator';
import type { Simulator } from '#libs/cluster-simulator';
import { Recorders } from './testing/index.js';
import type { Told } from './testing/index.js';

let recorders: Recorders;
let cluster: Simulator;

beforeEach(async () => {
  recorders = await Recorders.open();
  cluster = await startSimulator({ clock: { speed: 4 } });
});
afterEach(async () => {
  await recorders.close();
  await cluster.close();
});

const record = (logTailBytes: number | undefined, kubeconfig = cluster.kubeconfigPath) =>
  recorders.start(kubeconfig, { logTailBytes });

const play = (name: string) => {
  const scenario = scenarioNamed(name);
  if (!scenario) throw new Error(`no scenario ${name}`);
  cluster.kubelets.play(scenario);
};
const tails = (told: readonly Told[]) => told.filter(({ type }) => type === 'InitLogCaptured').map(({ body }) => body);
const until = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 30_000, interval: 200 });
const failures = () =>
  cluster.kubelets.truth
    .lines()
    .split('\n')
    .filter((line) => line.includes('"exitCode":3')).length;

describe('a recorder of log tails', () => {
  it('records what each failed attempt said last, once, with the attempt that it is of', async () => {
    const { told } = record(8_192);
    play('second-fails');

    await until(async () => expect(tails(await told()).length).toBeGreaterThanOrEqual(2));
    const ids = tails(await told()).map(({ containerId }) => containerId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const tail of tails(await told()))
      expect(tail).toMatchObject({
        container: 'migrate',
        containerId: expect.stringMatching(/^containerd:\/\//),
        text: 'no such table',
        truncated: false,
        firstLineAt: expect.stringMatching(/Z$/),
        missing: null,
      });
  });

  it('records none, and asks for none, unless it is told to', async () => {
    const { told } = record(undefined);
    play('second-fails');

    await until(async () => {
      expect(failures()).toBeGreaterThanOrEqual(2);
      expect((await told()).filter(({ type }) => type === 'PodObserved').length).toBeGreaterThan(5);
    });
    expect(tails(await told())).toEqual([]);
  });

  it('goes on where a recorder before it stopped, and records nothing twice', async () => {
    const first = record(8_192);
    play('second-fails');
    await until(async () => expect(tails(await first.told()).length).toBeGreaterThanOrEqual(1));
    await first.recorder.stop();

    const second = record(8_192);
    await until(async () => expect(tails(await second.told()).length).toBeGreaterThanOrEqual(3));

    const ids = tails(await second.told()).map(({ containerId }) => containerId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('reads what failed while it was not told to record logs, as long as the node has it', async () => {
    const without = record(undefined);
    play('second-fails');
    await until(async () => {
      const shown = (await without.told()).filter(({ body }) => JSON.stringify(body).includes('"exitCode":3'));
      expect(shown.length).toBeGreaterThan(0);
    });
    await without.recorder.stop();

    const { told } = record(8_192);
    await until(async () => expect(tails(await told()).some(({ text }) => text === 'no such table')).toBe(true));
  });

  it('says that it may not read logs, and goes on recording without them', async () => {
    await cluster.close();
    const resources = ['pods', 'events', 'nodes', 'namespaces'];
    const rules = [{ apiGroups: [''], verbs: ['list', 'watch', 'get'], resources }];
    cluster = await startSimulator({
      clock: { speed: 4 },
      users: { 'admin-token': { name: 'recorder', groups: ['system:authenticated'], rules } },
    });
    const { told, recorder } = record(8_192);
    play('second-fails');

    await until(async () => {
      expect(failures()).toBeGreaterThanOrEqual(1);
      expect(recorder.status.unknowns.map(({ right }) => right)).toContain('get pods/log');
    });
    expect(tails(await told())).toEqual([]);
  });
});

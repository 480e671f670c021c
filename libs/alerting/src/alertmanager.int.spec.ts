import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#testing/platform';
import { fingerprint, postable, type Notification } from './notification.js';
import { alertmanager } from './receivers.js';
import { someNotification } from './testing/index.js';

const installed = spawnSync('prometheus-alertmanager', ['--version']).status === 0;

const notification = someNotification({ startsAt: new Date(Date.now() - 60_000).toISOString() });

type Held = Readonly<{
  fingerprint: string;
  startsAt: string;
  endsAt: string;
  annotations: Record<string, string>;
  generatorURL: string;
  status: { state: string };
}>;

// Debian's package; where it cannot be installed the run says that this was left out
describe.skipIf(!installed)('Alertmanager', () => {
  let folder: string;
  let running: ChildProcess;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'initledger-alertmanager-'));
    await writeFile(join(folder, 'config.yml'), 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n');
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    running = spawn('prometheus-alertmanager', [
      `--config.file=${join(folder, 'config.yml')}`,
      `--storage.path=${folder}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ]);
    while (!(await fetch(`${url}/-/ready`).catch(() => undefined))?.ok) await sleep(100);
  });
  afterAll(async () => {
    running.kill();
    await once(running, 'exit');
    await rm(folder, { recursive: true, force: true });
  });

  const held = async (): Promise<Held[]> => (await (await fetch(`${url}/api/v2/alerts`)).json()) as Held[];
  const deliver = (more: Partial<Notification> = {}) =>
    alertmanager(url).deliver({ ...notification, ...more }, 'd-1', Date.now());

  it('holds one alert, with our fingerprint, our beginning and our link', async () => {
    await expect(deliver()).resolves.toEqual({ outcome: 'delivered', status: 200 });

    expect(await held()).toMatchObject([
      {
        fingerprint: fingerprint(postable(notification, 0).labels),
        startsAt: notification.startsAt,
        generatorURL: notification.url,
      },
    ]);
  });

  it('takes another count of pods without making another alert of it', async () => {
    await deliver({ pods: [{ name: 'api-1' }, { name: 'api-2' }] });

    expect((await held()).map(({ annotations }) => annotations['pods'])).toEqual(['2: api-1, api-2']);
  });

  it('forgets the alert when it has ended', async () => {
    await deliver({ endsAt: new Date().toISOString() });

    expect(await held()).toEqual([]);
  });

  it('refuses an alert that begins after its end, which is not tried again', async () => {
    await expect(deliver({ endsAt: '2000-01-01T00:00:00.000Z' })).resolves.toMatchObject({
      outcome: 'refused',
      status: 400,
    });
  });
});

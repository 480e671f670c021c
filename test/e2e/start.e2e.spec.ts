import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '#libs/cluster-simulator';
import { freshDatabase, type FreshDatabase } from '#testing/platform';
import { freePort, launch, start, until, type Json, type Service } from './service.js';

let base: string;
let running: Service[];
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'initledger-start-'));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.filter(({ process: { exitCode } }) => exitCode === null).map((service) => service.kill()));
  await rm(base, { recursive: true, force: true });
});

type Given = Readonly<{ args?: readonly string[]; env?: Readonly<Record<string, string>>; port?: number }>;

const demo = (): readonly string[] => ['--source', 'demo', '--data', join(base, 'data')];

/** What a start that is refused prints. It must end by itself, with 1, without a stack, and say what to do. */
async function refusalOf(given: Given): Promise<string> {
  const service = await launch(given);
  running.push(service);
  await until(() => service.process.exitCode !== null, { seconds: 60, what: () => `it goes on:\n${service.output()}` });
  const code = service.process.exitCode;
  const said = service.output();
  expect({ code, said }).toEqual({ code: 1, said: expect.not.stringMatching(/^\s+at .*:\d+/mu) });
  return said;
}

async function started(given: Given): Promise<Service> {
  const service = await launch(given);
  running.push(service);
  await until(
    () => {
      if (service.process.exitCode !== null) throw new Error(service.output());
      // the demo's own line, which comes earlier, says that its cluster answers kubectl
      return /^answers {2}http/m.test(service.output());
    },
    { seconds: 60, what: () => service.output() },
  );
  return service;
}

/** What `/readyz` says of one check, once that says what is looked for. */
async function findingOf({ url }: Service, name: string, looksFor: RegExp): Promise<Json> {
  let finding: Json;
  await until(
    async () => {
      const { checks } = (await (await fetch(`${url}/readyz`)).json()) as Json;
      finding = checks.find((check: Json) => check.name === name);
      return looksFor.test(finding?.error ?? '');
    },
    { seconds: 30, what: () => JSON.stringify(finding) },
  );
  return finding;
}

describe('a start with wrong settings', () => {
  it('lists all of them, and begins nothing', async () => {
    const said = await refusalOf({
      args: [
        '--hots',
        '::1',
        '--log-level',
        'loud',
        '--namespace',
        'a',
        '--all-namespaces',
        '--data',
        join(base, 'none'),
      ],
      env: { STUCK_MIN_SAMPLES: 'many', STUCK_FACTOR: '0' },
    });

    for (const part of [
      '--hots: there is no such flag',
      '--log-level: must be',
      'STUCK_MIN_SAMPLES: must be',
      'STUCK_FACTOR: must',
    ]) {
      expect(said).toContain(part);
    }
    expect(said).toContain('--help');
    await expect(readFile(join(base, 'none', 'initledger.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is refused where everybody on the network would see everything', async () => {
    const said = await refusalOf({ args: [...demo(), '--host', '0.0.0.0'] });

    expect(said).toContain('--access token');
    expect(said).not.toContain('ERROR');
  });

  it('answers there with a token, to who brings it', async () => {
    const token = 'sixteen-or-more-letters';
    const service = await started({
      args: [...demo(), '--host', '0.0.0.0', '--access', 'token'],
      env: { ACCESS_TOKEN: token },
    });
    const statusWith = async (authorization?: string): Promise<number> =>
      (await fetch(`${service.url}/api/v1/pods`, authorization ? { headers: { authorization } } : {})).status;

    expect(await statusWith()).toBe(401);
    expect(await statusWith('Bearer sixteen-or-more-lettres')).toBe(401);
    expect(await statusWith(`Bearer ${token}`)).toBe(200);
  });

  it('never takes a context for the demo', async () => {
    expect(await refusalOf({ args: ['--context', 'prod', '--data', join(base, 'd')], env: { HOME: base } })).toContain(
      '--kubeconfig',
    );
  });
});

describe('a start on a taken place', () => {
  it('says that the port is taken, and leaves no server behind', async () => {
    const taken = createServer().listen(await freePort(), '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;

    const said = await refusalOf({ args: demo(), port });
    taken.close();

    expect(said).toContain(`Another program answers on port ${port}`);
    expect(said).toContain('--port');
    await expect(readFile(join(base, 'data', 'postgres', 'postmaster.pid'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leaves the data folder to the process that has it', async () => {
    const first = await started({ args: demo() });

    const said = await refusalOf({ args: demo() });

    expect(said).toContain(`in use by process ${first.process.pid}`);
    expect((await fetch(`${first.url}/livez`)).status).toBe(200);
    expect(await first.stop()).toBe(0);
  });

  it('touches no folder of somebody else, and no file', async () => {
    await mkdir(join(base, 'photos'));
    await writeFile(join(base, 'photos', 'a.jpg'), 'x');
    await writeFile(join(base, 'file'), 'x');

    for (const place of ['photos', 'file', 'file/below']) {
      const said = await refusalOf({ args: ['--source', 'demo', '--data', join(base, place)] });
      expect(said).toContain('--data');
    }
  });

  it.runIf(process.getuid?.() !== 0)('says that a data folder is read-only', async () => {
    await mkdir(join(base, 'data'));
    await chmod(join(base, 'data'), 0o500);

    expect(await refusalOf({ args: demo() })).toContain('may not write there');
  });

  it.runIf(canMount())('says that the data folder is full', async () => {
    const small = join(base, 'data');
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small]);
    try {
      expect(await refusalOf({ args: demo() })).toContain('is full');
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });
});

describe('a start with a kubeconfig that cannot be used', () => {
  const config = (more: Json = {}): Json => ({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'k', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    'current-context': 'c',
    ...more,
  });
  const plugin = {
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin', interactiveMode: 'Never' },
  };

  it.each<[string, Json, readonly string[], RegExp]>([
    ['is not there', undefined, [], /ENOENT.*--kubeconfig/su],
    ['is no YAML', '{{{: - nonsense', [], /cannot be used.*--kubeconfig/su],
    ['is empty', '', [], /cannot be used.*--kubeconfig/su],
    [
      'has no current context',
      config({ 'current-context': '' }),
      [],
      /no current context.*--context NAME.*There are: c/su,
    ],
    ['has not the context', config(), ['--context', 'prod'], /no context prod.*There are: c/su],
    [
      'wants a missing plugin',
      config({ users: [{ name: 'u', user: plugin }] }),
      [],
      /no-such-plugin is not installed.*Install/su,
    ],
  ])('%s: it says so, and never turns to the demo', async (_name, content: Json, args, said) => {
    const file = join(base, 'kubeconfig');
    if (content !== undefined) await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));

    const refusal = await refusalOf({ args: ['--data', join(base, 'data'), ...args], env: { KUBECONFIG: file } });

    expect(refusal).toMatch(said);
    expect(refusal).not.toContain('demo cluster');
  });
});

describe('a cluster that does not let itself be recorded', () => {
  let simulator: Simulator;
  let database: FreshDatabase;
  beforeAll(async () => {
    simulator = await startSimulator({ https: true });
  });
  afterAll(() => simulator.close());
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(() => database.close());

  /** Starts with the simulator's kubeconfig, changed. */
  const startWith = async (change: (kubeconfig: string) => string): Promise<Service> => {
    const file = join(base, 'kubeconfig');
    await writeFile(file, change(await readFile(simulator.kubeconfigPath, 'utf8')));
    return started({
      args: ['--data', join(base, 'data')],
      env: { KUBECONFIG: file, DATABASE_URL: database.adminUrl },
    });
  };

  it.each<[string, (kubeconfig: string) => string, RegExp, RegExp]>([
    [
      'does not answer',
      (text) => text.replace(/https:\/\/[\d.:]+/u, 'https://127.0.0.1:1'),
      /ECONNREFUSED/u,
      /reached/u,
    ],
    ['does not know the token', (text) => text.replace('admin-token', 'wrong-token'), /401/u, /log in|credentials/iu],
    [
      'has another certificate authority',
      (text) => text.replace(/ +certificate-authority-data: .*\n/u, ''),
      /certificate/iu,
      /certificate|CA/u,
    ],
    ['allows nothing', (text) => text.replace('admin-token', 'nobody-token'), /403/u, /--namespace|right|role/iu],
  ])('%s: it is told so with a remedy, and tried again', async (_name, change, error, remedy) => {
    const service = await startWith(change);

    const finding = await findingOf(service, 'recorder', error);

    expect(finding.ok).toBe(false);
    expect(finding.remedy).toMatch(remedy);
    expect(service.output()).not.toContain('demo cluster (');
    expect(service.output()).toMatch(error);
    expect(await service.stop()).toBe(0);
  });
});

describe('a database that cannot be used', () => {
  let database: FreshDatabase;
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(() => database.close());

  const refusalFor = (url: string): Promise<string> => refusalOf({ args: demo(), env: { DATABASE_URL: url } });
  const asOwner = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: database.adminUrl });
    await client.connect();
    await client.query(sql);
    await client.end();
  };

  it('does not take the password: it says so at once, and does not print it', async () => {
    const wrong = new URL(database.adminUrl);
    wrong.password = 'not-the-password';

    const said = await refusalFor(wrong.href);

    expect(said).toMatch(/does not answer|does not let/u);
    expect(said).toContain('DATABASE_URL');
    expect(said).not.toContain('not-the-password');
  });

  it('is of a newer version', async () => {
    await asOwner(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '9999_future', now())`,
    );

    expect(await refusalFor(database.adminUrl)).toMatch(/9999_future.*newer/su);
  });

  it('is not there', async () => {
    const wrong = new URL(database.adminUrl);
    wrong.pathname = '/nowhere';

    expect(await refusalFor(wrong.href)).toMatch(/nowhere/u);
  });

  it('belongs to a user who may not migrate it', async () => {
    await asOwner('DROP TABLE _prisma_migrations');

    expect(await refusalFor(database.urls.api)).toMatch(/DATABASE_ADMIN_URL|GRANT/u);
  });
});

describe('a stop', () => {
  it.each([
    ['while the database is made', /made the embedded database/u],
    ['during the first list', /answers {2}http/u],
  ])('%s ends in good order and leaves nothing running', async (_name, moment) => {
    const service = await launch({ args: demo() });
    running.push(service);
    await until(() => moment.test(service.output()), { seconds: 60, what: service.output });

    expect(await service.stop()).toBe(0);

    await expect(readFile(join(base, 'data', 'postgres', 'postmaster.pid'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readFile(join(base, 'data', 'owner.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('by the end of its terminal is a stop, and the end of its reader is none', async () => {
    const service = await start({ args: demo() });
    running.push(service);
    service.process.stdout?.destroy();
    service.process.stderr?.destroy();
    await sleep(1_500);
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);

    service.process.kill('SIGHUP');

    expect(await once(service.process, 'exit')).toEqual([0, null]);
  });
});

/** Whether a small file system can be made here: as root, and not in a container that forbids it. */
function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process of the built service, as `npm start` runs it. */
export type Service = Readonly<{
  url: string;
  process: ChildProcess;
  /** Everything that it has printed. */
  output: () => string;
  /** Ctrl-C. Resolves with the exit code. */
  stop: () => Promise<number | null>;
  /** kill -9 of the Node process alone, so that its database server is orphaned. */
  kill: () => Promise<void>;
  get: <Answer = Json>(path: string) => Promise<Answer>;
}>;

// oxlint-disable-next-line typescript/no-explicit-any -- answers are compared as a client would read them
export type Json = any;

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

type Start = Readonly<{
  app?: string;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  port?: number;
  /** A file that it reads as its standard input. */
  stdin?: number;
  /** The folder of the built service; this one unless told. */
  cwd?: string | undefined;
}>;

/** Starts an app of `dist` without waiting for anything. */
export async function launch({ app = 'standalone', args = [], env = {}, port, stdin, cwd }: Start): Promise<Service> {
  const answersAt = port ?? (await freePort());
  const started = spawn(process.execPath, [`dist/apps/${app}/src/main.js`, '--port', String(answersAt), ...args], {
    env: { ...cleanEnvironment(), ...env },
    stdio: [stdin ?? 'ignore', 'pipe', 'pipe'],
    cwd,
  });
  let printed = '';
  for (const stream of [started.stdout, started.stderr])
    stream?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const ended = once(started, 'exit');
  const url = `http://127.0.0.1:${answersAt}`;
  return {
    url,
    process: started,
    output: () => printed,
    stop: async () => {
      started.kill('SIGINT');
      const [code] = (await ended) as [number | null];
      return code;
    },
    kill: async () => {
      started.kill('SIGKILL');
      await ended;
    },
    ...askedAt(url),
  };
}

/** Starts an app and waits until it is ready, or fails with what it printed. */
export async function start(options: Start): Promise<Service> {
  const service = await launch(options);
  await until(
    async () => {
      if (service.process.exitCode !== null)
        throw new Error(`it ended with ${service.process.exitCode}:\n${service.output()}`);
      return (await fetch(`${service.url}/readyz`).catch(() => undefined))?.ok === true;
    },
    { seconds: 90, what: () => `it was not ready:\n${service.output()}` },
  );
  return service;
}

/** Waits until `holds`, asking five times a second. */
export async function until(
  holds: () => Promise<boolean> | boolean,
  { seconds, what }: Readonly<{ seconds: number; what: () => string }>,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(what());
    await sleep(200);
  }
}

/** Whatever answers as the service does. */
export type Asked = Pick<Service, 'get'>;

/** What answers at a URL. */
export const askedAt = (url: string): Asked => ({
  get: async (path) => {
    const answer = await fetch(`${url}${path}`);
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as never;
  },
});

/** More at a time would only wait for each other. */
const askedAtOnce = 8;

/** Asks for each, some at a time. */
export async function askEach<From, To>(from: readonly From[], how: (one: From) => Promise<To>): Promise<To[]> {
  const told: To[] = [];
  for (let at = 0; at < from.length; at += askedAtOnce)
    told.push(...(await Promise.all(from.slice(at, at + askedAtOnce).map(how))));
  return told;
}

/** All items of a list, page after page. */
export async function all(service: Asked, path: string): Promise<Json[]> {
  const items: Json[] = [];
  let cursor: string | null = null;
  do {
    const next: string = cursor ? `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}` : path;
    const page: Json = await service.get(next);
    items.push(...page.items);
    cursor = page.page.nextCursor;
  } while (cursor);
  return items;
}

/** Settings of the machine that runs the tests are none of the service's. */
function cleanEnvironment(): Record<string, string | undefined> {
  const { DATABASE_URL: _database, KUBECONFIG: _kubeconfig, NODE_OPTIONS: _options, ...rest } = process.env;
  return rest;
}

import { get } from 'node:http';

import { connect } from '#libs/kubernetes';
import { Database, Metrics, silentLogger } from '#libs/platform';
import { Recorder } from '#libs/recording';

import { writeKubeconfig } from '../../libs/kubernetes/src/testing/index.js';

// A process of its own: a recorder, or what is only compared with it.

/** What to do: only read and parse the stream, record until `last` is durable, or record until the watch of pods is open. */
export type Task = Readonly<{
  what: 'parse' | 'record' | 'open';
  url: string;
  urls: ConstructorParameters<typeof Database>[0];
  frames: number;
  last: string;
  /** Which part is recorded, by ranges; all unless told. */
  slice?: Readonly<{ nth: number; of: number }>;
}>;

/** How it went, until it was told to stop. Memory is of this process: at its beginning, its most, and what was alive on its heap at the end, beyond the beginning. */
export type Went = Readonly<{
  seconds: number;
  cpuSeconds: number;
  beganMb: number;
  mostMb: number;
  grownBytes: number;
}>;

process.once('disconnect', () => process.exit());

const task = JSON.parse(process.argv[2] ?? '{}') as Task;
const heapBefore = alive();
const beganMb = process.memoryUsage().rss / 1_048_576;
const cpuBefore = process.cpuUsage();
const { seconds, stop } = await { parse: onlyParse, record, open: record }[task.what]();
const { user, system } = process.cpuUsage(cpuBefore);
const mostMb = process.resourceUsage().maxRSS / 1024;
const went: Went = {
  seconds,
  cpuSeconds: (user + system) / 1e6,
  beganMb,
  mostMb,
  grownBytes: alive() - heapBefore,
};
await stop?.();
process.send?.(went);

type Done = Readonly<{ seconds: number; stop?: () => Promise<void> }>;

/** The floor: the bytes of the same watch, cut into lines, each parsed and dropped. */
async function onlyParse(): Promise<Done> {
  const began = performance.now();
  let seen = 0;
  let rest = '';
  const response = await new Promise<AsyncIterable<string>>((resolve, reject) => {
    get(`${task.url}/api/v1/pods?watch=1`, (answer) => resolve(answer.setEncoding('utf8'))).on('error', reject);
  });
  for await (const chunk of response) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) seen += JSON.parse(line) === null ? 0 : 1;
    if (seen === task.frames) break;
  }
  return { seconds: (performance.now() - began) / 1_000 };
}

async function record(): Promise<Done> {
  const database = new Database(task.urls);
  const recorder = new Recorder({
    cluster: connect({ kubeconfig: writeKubeconfig({ server: task.url }) }),
    source: 'kubernetes',
    namespaces: [],
    ...(task.slice && { slice: task.slice, sliceBy: 'range' as const }),
    pool: database.ingest,
    logger: silentLogger,
    metrics: new Metrics(),
    masking: { key: 'a key for the bench', commands: 'masked' },
  });
  const began = performance.now();
  recorder.start();
  let opened: number | undefined;
  for (;;) {
    const pods = recorder.status.watches.find(({ resource }) => resource === 'pods');
    if (opened === undefined && pods?.state === 'watching') opened = performance.now();
    if (task.what === 'open' && opened !== undefined)
      return { seconds: (opened - began) / 1_000, stop: () => recorder.stop() };
    if (
      opened !== undefined &&
      pods?.resourceVersion === task.last &&
      recorder.status.queued === 0 &&
      (await isStored(database, recorder.status.shardId))
    )
      return { seconds: (performance.now() - opened) / 1_000 };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function isStored(database: Database, shardId: number | null): Promise<boolean> {
  const { rows } = await database.ingest.query<{ resource_version: string }>(
    `SELECT resource_version FROM watch_position WHERE shard_id = $1 AND watch = 'pods'`,
    [shardId],
  );
  return rows[0]?.resource_version === task.last;
}

function alive(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}

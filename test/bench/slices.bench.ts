import type { Pool } from '#libs/platform';

import { startBenchDatabase } from './bench-database.js';
import { inProcess, startApi, type ServedApi } from './processes.js';
import type { Task, Went } from './recorder-process.js';
import { median, tell, whole } from './table.js';

const AT_ONCE = 500;
const SLICES = 2;

/** What the recorders of all slices were sent and spent together, and what they recorded. */
type Run = Readonly<{ bytes: number; cpuSeconds: number; pods: number }>;

/** What recorders of two slices are sent and spend, where the API server divides lists and watches, and where it does not. */
export async function benchSlices({ pods, rounds }: Readonly<{ pods: number; rounds: number }>): Promise<void> {
  const database = await startBenchDatabase();
  const served = { listed: 0, lived: pods, atOnce: AT_ONCE, anotherCluster: true };
  const [sendsAll, divides] = [await startApi(served), await startApi({ ...served, divides: true })];
  try {
    const runs: { all: Run[]; own: Run[] } = { all: [], own: [] };
    for (let round = 0; round < rounds; round += 1) {
      runs.all.push(await recorded(sendsAll, database));
      runs.own.push(await recorded(divides, database));
    }
    const observed = [...runs.all, ...runs.own].map((run) => run.pods);
    if (new Set(observed).size !== 1) throw new Error(`Not the same was recorded: ${observed.join(', ')}`);
    const of = (from: readonly Run[], what: keyof Run) => median(from.map((run) => run[what])) / SLICES;
    const cpu = [of(runs.all, 'cpuSeconds'), of(runs.own, 'cpuSeconds')] as const;
    const bytes = [of(runs.all, 'bytes'), of(runs.own, 'bytes')] as const;
    tell(`slices: ${whole(sendsAll.frames)} frames of ${whole(pods)} pods, ${SLICES} recorders by range`, [
      { what: 'bytes a recorder is sent, all: the server ignores ranges', measured: whole(bytes[0]) },
      { what: 'the same, where the server divides', measured: whole(bytes[1]) },
      { what: 'ratio', measured: (bytes[1] / bytes[0]).toFixed(2) },
      { what: 'seconds of CPU of a recorder, where it is sent all', measured: cpu[0].toFixed(2) },
      { what: 'the same, where the server divides', measured: cpu[1].toFixed(2) },
      { what: 'ratio', measured: (cpu[1] / cpu[0]).toFixed(2) },
    ]);
  } finally {
    await sendsAll.stop();
    await divides.stop();
    await database.stop();
  }
}

/** One slice after the other, each by a process of its own. */
async function recorded(
  { url, frames, last }: ServedApi,
  { urls, owner }: Readonly<{ urls: Task['urls']; owner: Pool }>,
): Promise<Run> {
  const before = await observations(owner);
  let [bytes, cpuSeconds] = [0, 0];
  for (let nth = 0; nth < SLICES; nth += 1) {
    const task: Task = { what: 'record', url, urls, frames, last, slice: { nth, of: SLICES } };
    const went = await inProcess<Went>('recorder-process.ts', task);
    cpuSeconds += went.cpuSeconds;
    bytes += ((await (await fetch(`${url}/sent`)).json()) as { bytes: number }).bytes;
  }
  return { bytes, cpuSeconds, pods: (await observations(owner)) - before };
}

async function observations(owner: Pool): Promise<number> {
  const { rows } = await owner.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM event WHERE type IN ('PodObserved', 'PodGone')`,
  );
  return rows[0]?.count ?? 0;
}

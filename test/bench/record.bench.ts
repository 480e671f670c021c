import { startBenchDatabase, bytesPerEvent } from './bench-database.js';
import { inProcess, startApi, type ServedApi } from './processes.js';
import type { Task, Went } from './recorder-process.js';
import { median, tell, whole } from './table.js';

/** How much of it. */
export type RecordSize = Readonly<{ pods: number; rounds: number }>;

const AT_ONCE = 500;

/** Watch bytes to durable events, beside only reading and parsing the same stream in a process of the same kind. */
export async function benchRecord({ pods, rounds }: RecordSize): Promise<void> {
  const database = await startBenchDatabase();
  const api = await startApi({ listed: 0, lived: pods, atOnce: AT_ONCE, anotherCluster: true });
  try {
    const run = (what: Task['what']) =>
      inProcess<Went>('recorder-process.ts', {
        what,
        url: api.url,
        urls: database.urls,
        ...sizeOf(api),
      } satisfies Task);
    const floor: Went[] = [];
    const ours: Went[] = [];
    for (let round = 0; round < rounds; round += 1) {
      floor.push(await run('parse'));
      ours.push(await run('record'));
    }
    const { rows } = await database.owner.query<{ events: number }>('SELECT count(*)::int AS events FROM event');
    const [parsed, recorded] = [rateOf(floor, api), rateOf(ours, api)];
    tell(
      `record: ${whole(api.frames)} frames of ${whole(api.bytes / api.frames)} bytes, ${whole(pods)} pods from beginning to end`,
      [
        { what: 'only read and JSON.parse, frames/s', measured: whole(parsed) },
        { what: 'recorded and durable, frames/s', measured: whole(recorded) },
        { what: 'ratio', measured: (recorded / parsed).toFixed(2), goal: 'at least 0.5' },
        { what: 'recorder alone, microseconds of CPU a frame', measured: cpuOf(ours, api).toFixed(1) },
        { what: 'only read and parse, microseconds of CPU a frame', measured: cpuOf(floor, api).toFixed(1) },
        { what: 'observations a pod', measured: (Number(rows[0]?.events) / rounds / pods).toFixed(1) },
        {
          what: 'bytes an observation on disk, indexes and proofs included',
          measured: whole(await bytesPerEvent(database.owner)),
          goal: 'below 1,200',
        },
        { what: 'recorder: most resident memory, MB', measured: whole(median(ours.map(({ mostMb }) => mostMb))) },
      ],
    );
  } finally {
    await api.stop();
    await database.stop();
  }
}

function sizeOf({ frames, last }: ServedApi): Pick<Task, 'frames' | 'last'> {
  return { frames, last };
}

function rateOf(runs: readonly Went[], { frames }: ServedApi): number {
  return frames / median(runs.map(({ seconds }) => seconds));
}

function cpuOf(runs: readonly Went[], { frames }: ServedApi): number {
  return (median(runs.map(({ cpuSeconds }) => cpuSeconds)) * 1e6) / frames;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Pool } from '#libs/platform';

import { writeKubeconfig } from '../../libs/kubernetes/src/testing/index.js';
import { placeOf } from '../../libs/reports/src/asking/cursor.js';
import { startBenchDatabase } from './bench-database.js';
import type { Pace } from './kubernetes-api.js';
import { startApi, startApp, type App } from './processes.js';
import { cpuUntilNow, tookBetween } from './cpu.js';
import { percentiles, tell, whole } from './table.js';

/** Pods that live side by side. */
const AT_ONCE = 500;

/** Of the frames the first ones, which meet processes that have just begun: not counted. */
const WARM_UP = 0.25;

/** The resourceVersion of the first frame. */
const FIRST_VERSION = 1_001;

/** How often it is looked how far the log and the answers have come: so much later it may be seen. */
const LOOK_MS = 5;

/** For so long after the last frame it is waited for, and so long nothing comes when all has come. */
const PATIENCE_MS = 300_000;
const QUIET_MS = 1_000;

/** Until when (epoch milliseconds) which position was seen to be reached. */
type Reached = { readonly at: number; readonly position: number }[];

/** How far the log and the answers were seen to have come, and how long each answer took. */
type Seen = Readonly<{ stored: Reached; told: Reached; asked: number[] }>;

/**
 * From the moment at which a watch frame is sent until an answer over HTTP tells it, with recorder, projector and api in processes of their
 * own, as in production. The floor, in the same run: until the frame's observation is durable in the log.
 */
export async function benchVisible(pace: Pace): Promise<void> {
  const { urls, owner, stop } = await startBenchDatabase();
  const folder = await mkdtemp(path.join(tmpdir(), 'initledger-bench-apps-'));
  const apps: App[] = [];
  const kubernetes = await startApi({
    listed: 0,
    lived: pace.perSecond * pace.seconds,
    atOnce: AT_ONCE,
    anotherCluster: false,
    pace,
  });
  try {
    const projector = await startApp('projector', { folder, databaseUrl: urls.projector });
    apps.push(projector);
    const api = await startApp('api', { folder, databaseUrl: urls.api });
    apps.push(api);
    const kubeconfig = writeKubeconfig({ server: kubernetes.url });
    const recorder = await startApp('recorder', {
      folder,
      databaseUrl: urls.recorder,
      args: ['--kubeconfig', kubeconfig],
    });
    apps.push(recorder);
    const processes = {
      'the API server': kubernetes.pid,
      recorder: recorder.pid,
      projector: projector.pid,
      api: api.pid,
      'who asks': process.pid,
    };
    const seen: Seen = { stored: [], told: [], asked: [] };
    const ended = new AbortController();
    const looking = look(owner, api.url, seen, ended.signal);
    const before = await cpuUntilNow(processes, owner);
    const { sentAt } = await kubernetes.sent;
    const cpu = tookBetween(before, await cpuUntilNow(processes, owner));
    const behind = await observationsBehind(owner, seen.told);
    await untilAllIsTold(owner, seen.told);
    ended.abort();
    await looking;
    report(pace, { cpu, sentAt, positions: await positionsOf(owner), ...seen, behind });
  } finally {
    for (const app of apps.toReversed()) await app.stop();
    await kubernetes.stop();
    await stop();
    await rm(folder, { recursive: true });
  }
}

/**
 * Looks how far the log has come, and how far read models have; when they have come further it is asked what is told. So what asks takes
 * little of the machine, and sees each batch as soon as it can be seen.
 */
async function look(owner: Pool, url: string, { stored, told, asked }: Seen, ended: AbortSignal): Promise<void> {
  let asking: Promise<void> | undefined;
  while (!ended.aborted) {
    const { size, projected } = await comeUpTo(owner);
    note(stored, size - 1);
    if (projected > lastOf(told))
      asking ??= toldUpTo(url, asked)
        .then((position) => note(told, position))
        .finally(() => (asking = undefined));
    await sleep(LOOK_MS);
  }
  await asking;
}

function note(reached: Reached, position: number): void {
  if (position > lastOf(reached)) reached.push({ at: Date.now(), position });
}

const lastOf = (reached: Reached): number => reached.at(-1)?.position ?? -1;

async function comeUpTo(owner: Pool): Promise<Readonly<{ size: number; projected: number }>> {
  const { rows } = await owner.query<{ size: number; projected: number }>({
    name: 'come-up-to',
    text: `SELECT coalesce((SELECT max(size) FROM shard_head), 0)::int AS size,
                  coalesce((SELECT max(position) FROM projection_bookmark), -1)::int AS projected`,
  });
  return rows[0] ?? { size: 0, projected: -1 };
}

const storedUpTo = async (owner: Pool): Promise<number> => (await comeUpTo(owner)).size - 1;

async function toldUpTo(url: string, asked: number[]): Promise<number> {
  const began = performance.now();
  const answer = await fetch(`${url}/api/v1/pods?limit=1`);
  const { meta } = (await answer.json()) as { meta: { position: string } };
  asked.push(performance.now() - began);
  return Math.max(-1, ...Object.values(placeOf(meta.position)?.positions ?? {}));
}

const observationsBehind = async (owner: Pool, told: Reached): Promise<number> =>
  (await storedUpTo(owner)) - lastOf(told);

/** Until nothing has come for a while, and answers tell all there is. */
async function untilAllIsTold(owner: Pool, told: Reached): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  let size = -1;
  while ((await observationsBehind(owner, told)) > 0 || (await storedUpTo(owner)) !== size) {
    if (Date.now() > deadline) throw new Error('Read models did not come up to the end of the log');
    size = await storedUpTo(owner);
    await sleep(QUIET_MS);
  }
}

/** Where in the log the observation of each resourceVersion stands. */
async function positionsOf(owner: Pool): Promise<ReadonlyMap<number, number>> {
  const { rows } = await owner.query<{ version: number; position: number }>(
    `SELECT (body->>'resourceVersion')::int AS version, max(position)::int AS position
       FROM event WHERE type = 'PodObserved' OR type = 'PodGone' GROUP BY 1`,
  );
  return new Map(rows.map(({ version, position }) => [version, position]));
}

type Measured = Seen &
  Readonly<{
    cpu: ReturnType<typeof tookBetween>;
    sentAt: readonly number[];
    positions: ReadonlyMap<number, number>;
    behind: number;
  }>;

function report({ perSecond, seconds }: Pace, { cpu, sentAt, positions, stored, told, asked, behind }: Measured): void {
  const frames = sentAt
    .map((at, nth) => ({ at, position: positions.get(FIRST_VERSION + nth) }))
    .slice(Math.floor(sentAt.length * WARM_UP))
    .filter((frame): frame is { at: number; position: number } => frame.position !== undefined);
  const lasted = ((sentAt.at(-1) ?? 0) - (sentAt[0] ?? 0)) / 1_000;
  tell(
    `visible: ${whole(sentAt.length)} frames in ${whole(seconds)} s, ${whole(frames.length)} of them counted; p50 / p99 ms`,
    [
      { what: 'frames sent a second', measured: whole(sentAt.length / lasted), goal: `asked for: ${whole(perSecond)}` },
      { what: 'floor: from sent to durable in the log', measured: spread(since(frames, stored)) },
      {
        what: 'from sent to told over HTTP',
        measured: spread(since(frames, told)),
        goal: 'p99 below 250 ms at 1,000/s',
      },
      { what: `an answer itself took, of ${whole(asked.length)}`, measured: spread(asked) },
      { what: 'observations behind when the last frame was sent', measured: whole(behind) },
      ...cpu
        .filter(([, took]) => took / lasted > 0.005)
        .map(([name, took]) => ({ what: `CPU, ${name}`, measured: `${((100 * took) / lasted).toFixed(0)} %` })),
    ],
  );
}

/** How long after it was sent each frame was first seen to be reached. */
function since(frames: readonly Readonly<{ at: number; position: number }>[], reached: Reached): number[] {
  return frames.map(({ at, position }) => {
    const first = reached[firstIndex(reached, position)];
    if (!first) throw new Error(`Position ${position} was never reached`);
    return first.at - at;
  });
}

/** Where the first entry is that has come as far as `position`, by halving. */
function firstIndex(reached: Reached, position: number): number {
  let [from, to] = [0, reached.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((reached[middle]?.position ?? Infinity) >= position) to = middle;
    else from = middle + 1;
  }
  return from;
}

function spread(took: readonly number[]): string {
  const { p50, p99 } = percentiles(took);
  return `${p50.toFixed(0)} / ${p99.toFixed(0)}`;
}

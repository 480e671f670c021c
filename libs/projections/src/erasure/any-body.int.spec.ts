import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActWriters, eraseBodies } from '#libs/event-store';
import { recordings } from '../../../../test/recordings/reader.js';
import {
  Ledger,
  deploymentSeen,
  eventSeen,
  gapSeen,
  goodStart,
  initBacksOff,
  initEnds,
  initRuns,
  listSeen,
  namespaceSeen,
  newPod,
  nodeBooted,
  nodeSeen,
  podGone,
  replicaSetSeen,
  seenIn,
  uid,
  type Seen,
} from '../testing/index.js';
import { finishErasures } from './finish-erasures.js';

/** As of the ledger's own projection. */
const limits = { defaultSeconds: 300, floorSeconds: 1, factor: 1.5, minSamples: 3 };
const hash = '0123456789abcdef0123456789abcdef';
const mirror = (pod: number, at: number): Seen =>
  newPod(pod, at, { annotations: { 'kubernetes.io/config.mirror': hash }, owner: null });

let ledger: Ledger;
let acts: ActWriters;
beforeEach(async () => {
  ledger = await Ledger.open();
  acts = new ActWriters({ pool: ledger.pool });
});
afterEach(async () => {
  await acts.close();
  await ledger.close();
});

/**
 * The read models without the position that moved the statistics last, which taking back and adding again moves; without the order of the
 * happenings of a position, which is that in which they were first told; and without how many pods were known to live in a gap then.
 */
async function readModels(): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = Object.entries(await ledger.readModels());
  return Object.fromEntries(
    tables.map(([table, rows]) => [
      table,
      rows.map((row) => row.replace(/"(last_position|ordinal|pods_alive)": -?\d+/u, '')).toSorted(),
    ]),
  );
}

type Telling = Awaited<ReturnType<typeof readModels>>;
type Otherwise = Readonly<{ after: string; told: Telling; rebuilt: Telling }>;

/** Erases one body after another, and holds what is then told against what is told of the log as if it had always been so. */
async function toldOtherwise(positions: readonly number[]): Promise<readonly Otherwise[]> {
  const otherwise: Otherwise[] = [];
  const projection = ledger.projection({ limits });
  await ledger.project(ledger.follower(projection));
  for (const position of positions) {
    const [event] = await ledger.rows<{ type: string }>('SELECT type FROM event WHERE position = $1', [position]);
    await eraseBodies(
      { pool: ledger.pool, acts },
      { shardId: ledger.shardId, log: 'event', positions: [position], reason: 'r', author: 'a' },
    );
    await finishErasures(ledger.pool, limits);
    const told = await readModels();
    for (const table of ['projection_bookmark', 'quarantine', ...Object.keys(told)])
      await ledger.rows(`TRUNCATE ${table}`);
    await ledger.project(ledger.follower(projection));
    const rebuilt = await readModels();
    if (!isDeepStrictEqual(told, rebuilt)) otherwise.push({ after: `${event?.type} ${position}`, told, rebuilt });
  }
  return otherwise;
}

const positionsOf = async (where: string): Promise<readonly number[]> =>
  (
    await ledger.rows<{ position: number }>(
      `SELECT position FROM event WHERE type NOT IN ('ObservationGap', 'WatchOpened') AND ${where} ORDER BY md5(position::text)`,
    )
  ).map(({ position }) => position);

/** By which rules the pod that stands was, or would have been, stuck. */
const thresholds = async (): Promise<readonly string[]> =>
  (
    await ledger.rows<{ basis: string }>(
      `SELECT DISTINCT threshold_basis AS basis FROM pod_init WHERE pod_uid = $1 AND threshold_basis IS NOT NULL ORDER BY 1`,
      [uid(5)],
    )
  ).map(({ basis }) => basis);

/** Four good starts, which teach a baseline, and pod 5, which then backs off. */
const oneBacksOff = (): Seen[] => [
  namespaceSeen(0),
  nodeSeen(0),
  replicaSetSeen(0),
  deploymentSeen(0),
  ...[1, 2, 3, 4].flatMap((pod) => goodStart(pod, 10 * pod, 4)),
  newPod(5, 100),
  initRuns(5, 101),
  ...initBacksOff(5, 122, 'back-off'),
];

describe('what is told after an erasure', { timeout: 240_000 }, () => {
  it('is what is left comes to, whichever body goes after which: of pods, Events, nodes, owners and namespaces', async () => {
    await ledger.append([
      ...oneBacksOff(),
      eventSeen(uid(5), 123, { message: 'failed' }),
      nodeBooted(124, 'boot-2'),
      gapSeen(125, 126),
      newPod(6, 130),
      initRuns(6, 131),
      initEnds(6, 131, 139),
      podGone(6, 150),
      eventSeen(hash, 160, { reason: 'Pulling', involvedObject: { kind: 'Pod', namespace: 'shop', uid: hash } }),
      mirror(7, 161),
      initRuns(7, 162),
      eventSeen(hash, 163, { reason: 'Started', involvedObject: { kind: 'Pod', namespace: 'shop', uid: hash } }),
      podGone(7, 164),
      mirror(8, 165),
      eventSeen(hash, 166, { reason: 'Pulled', involvedObject: { kind: 'Pod', namespace: 'shop', uid: hash } }),
      eventSeen(uid(9), 170, { reason: 'Scheduled' }),
      listSeen(171, '9'),
    ]);
    // What teaches the baseline stays: a threshold that was told is not unsaid.
    const teachers = [1, 2, 3, 4].map((pod) => `'${uid(pod)}'`).join();

    expect(await toldOtherwise(await positionsOf(`stream_id NOT IN (${teachers})`))).toEqual([]);
  });

  it('gives a pod that stands elsewhere than before the threshold that it would have been given', async () => {
    await ledger.append([
      ...oneBacksOff(),
      // Later starts are slow: they taught nothing then.
      ...[11, 12, 13, 14].flatMap((pod) => goodStart(pod, 200 + pod, 900)),
    ]);
    const projection = ledger.projection({ limits });
    await ledger.project(ledger.follower(projection));
    const asFollowed = await thresholds();
    // As if it had stood elsewhere: nothing is known of the places where it stands now.
    await ledger.rows('UPDATE pod_init SET stuck_since = NULL WHERE pod_uid = $1', [uid(5)]);
    const [failed] = await positionsOf(`stream_id = '${uid(5)}' AND body::text LIKE '%back-off%'`);
    await eraseBodies(
      { pool: ledger.pool, acts },
      { shardId: ledger.shardId, log: 'event', positions: [failed ?? -1], reason: 'r', author: 'a' },
    );
    await finishErasures(ledger.pool, limits);

    expect(await thresholds()).toEqual(asFollowed);
    expect(asFollowed).toContain('p99 4 s x 1.5 over 4 starts');
  });

  it('is so of what a real cluster said', async () => {
    const some = recordings()
      .filter(({ kubelet }) => kubelet === '1.36')
      .slice(0, 60);
    await ledger.append(some.filter((_, nth) => nth % 12 === 0).flatMap(seenIn), 20);

    expect(await toldOtherwise((await positionsOf('true')).slice(0, 20))).toEqual([]);
  });
});

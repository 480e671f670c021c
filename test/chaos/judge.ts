/** What is asked and read once all faults are over, and held against the cluster's own account. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Shards } from '#libs/event-store';
import type { Pool } from '#libs/platform';
import type { AlertAct } from '../../libs/alerting/src/acts.js';
import { stuckGroups } from '../../libs/alerting/src/stuck-groups.js';
import { askedAt, until } from '../e2e/service.js';
import { podsOf } from '../e2e/truth.js';
import { watched } from './account.js';
import { judgeAlerts } from './judge-alerts.js';
import { judgePictures } from './judge-pictures.js';
import { judgeProofs } from './judge-proofs.js';
import { judgeRevealed } from './judge-revealed.js';
import { judgeStore } from './judge-store.js';
import { judgeTold } from './judge-told.js';
import { witness } from './load.js';
import { eventsOf, firstListOf, gapsIn, observationsOf } from './log.js';
import { marked } from './marked.js';
import { judgeRebuilt } from './rebuilt.js';
import { limits, type Stage } from './stage.js';
import { together, type Judgement } from './verdict.js';

/** `folder`: where what was judged is kept, if something is untrue. */
type Choice = Readonly<{ trueClock: boolean; folder: string; tell: (line: string) => void }>;

/** Asks while the last deployment still runs, stops it, and reads all that is left of the campaign. */
export async function judgeEnd(stage: Stage, { trueClock, folder, tell }: Choice): Promise<Judgement> {
  stage.load.stop();
  const at = Date.now();
  const upTo = await marked(stage);
  tell('all is recorded and read');
  const pool = stage.database.pool();
  try {
    const shards = await new Shards(pool).list();
    if (shards.length !== 1) return { untruths: [`there are ${shards.length} shards, not one`], compared: {} };
    const [{ shardId, clusterName: cluster }] = shards as [(typeof shards)[0]];
    const pods = await podsOf(askedAt(stage.api.url));
    const truth = stage.simulator.kubelets.truth.entries();
    const standing = await alertsSettled(pool, { shardId, cluster });
    tell('all alerts are told');
    const stopped = await stage.withdraw();
    const observations = await observationsOf(pool, shardId);
    const { account, expiries, receiver } = stage;
    const gaps = gapsIn(observations);
    const opened = firstListOf(observations, 'pods');
    const acts = await actsOf(pool, shardId);
    const outbox = await rowsOf<{ dedupe_key: string; done: boolean }>(
      pool,
      'SELECT dedupe_key, done_at IS NOT NULL AS done FROM outbox',
    );
    const deliveries = await rowsOf<{ dedupe_key: string; outcome: string }>(
      pool,
      'SELECT dedupe_key, outcome FROM delivery',
    );
    const judgements = [
      { untruths: stopped, compared: {} },
      judgeStore({ account, observations, until: upTo, expiries, trueClock }),
      judgePictures({ pictures: account.pictures, observations, until: upTo }),
      judgeTold({ pods, truth, account, gaps, opened, at, until: upTo }),
      judgeRevealed({
        pictures: account.pictures,
        pods,
        gaps: gaps.filter(({ resource }) => resource === 'pods'),
        opened,
        until: upTo,
      }),
      judgeAlerts({ acts, taken: receiver.taken, outbox, deliveries, witness, ...standing }),
      await judgeProofs(stage, pool, { shardId, logs: ['event', 'act_event'] }),
    ];
    tell('rebuilding the read models');
    const copy = await stage.database.copy('rebuilt');
    const judgement = together([...judgements, await judgeRebuilt(copy, limits)]);
    if (judgement.untruths.length > 0) {
      const pictures = watched.flatMap((resource) => account.pictures.of(resource));
      keep(folder, { observations, pods, truth, acts, taken: receiver.taken, gaps, pictures });
    }
    return judgement;
  } finally {
    await pool.end();
  }
}

/** Keeps what is needed to look into an untruth: each in a file of its own, an item a line. */
function keep(folder: string, kept: Readonly<Record<string, readonly unknown[]>>): void {
  for (const [name, items] of Object.entries(kept))
    writeFileSync(join(folder, `${name}.jsonl.gz`), gzipSync(items.map((item) => JSON.stringify(item)).join('\n')));
}

async function rowsOf<Row extends object>(pool: Pool, text: string): Promise<readonly Row[]> {
  return (await pool.query<Row>(text)).rows;
}

async function actsOf(pool: Pool, shardId: number): Promise<readonly AlertAct[]> {
  const acts: AlertAct[] = [];
  for await (const { body } of eventsOf(pool, shardId, 'act_event')) acts.push(JSON.parse(body ?? 'null') as AlertAct);
  return acts;
}

/** What was so when all was told, or when that was given up; `settled` counts the acts until then. */
type Standing = Readonly<{ stuck: readonly string[]; firing: readonly string[]; settled: number }>;

/** Waits until everything is told, and exactly that fires which is stuck; gives up after a while, and says how it is then. */
async function alertsSettled(pool: Pool, shard: Readonly<{ shardId: number; cluster: string }>): Promise<Standing> {
  let standing: Standing = { stuck: [], firing: [], settled: 0 };
  const isSettled = async () => {
    const [head] = await rowsOf<{ size: number; read: number }>(
      pool,
      'SELECT size, position + 1 AS read FROM act_head JOIN alert_bookmark USING (shard_id)',
    );
    const stuck = (await stuckGroups(pool, shard, new Date())).map(({ alertId }) => alertId);
    const fires = await rowsOf<{ alert_id: string }>(pool, "SELECT alert_id FROM alert WHERE state = 'firing'");
    const due = await rowsOf(pool, 'SELECT FROM outbox WHERE done_at IS NULL LIMIT 1');
    standing = { stuck, firing: fires.map(({ alert_id }) => alert_id), settled: head?.size ?? 0 };
    const isRead = head?.size === head?.read;
    return isRead && due.length === 0 && standing.stuck.toSorted().join() === standing.firing.toSorted().join();
  };
  await until(isSettled, { seconds: 150, what: () => 'not settled' }).catch(() => undefined);
  return standing;
}

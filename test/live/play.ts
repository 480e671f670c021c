/** Carries out a plan: creates the lives, does to them what the plan says, and disrupts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Json } from '../contract/client.js';
import type { Act } from './lives.js';
import type { Disruption, Plan } from './plan.js';

/** What a campaign is played on. */
export type Scene = Readonly<{
  client: Client;
  namespace: string;
  /** What a node's cluster is told; undefined where it takes no commands. */
  command: ((line: string) => Promise<void>) | undefined;
  disrupt: (disruption: Disruption) => Promise<void>;
  tell: (what: string) => void;
}>;

/** Plays it all and returns when its time is over. What the server refuses is told, and the play goes on. */
export async function play(scene: Scene, { seconds, lives, disruptions }: Plan): Promise<void> {
  const began = Date.now();
  const at = (second: number) => sleep(Math.max(0, began + second * 1000 - Date.now()));
  const told = (second: number, what: string, doing: () => Promise<void>) =>
    at(second)
      .then(doing)
      .then(
        () => scene.tell(`${second} s: ${what}`),
        (error: Error) => scene.tell(`${second} s: ${what}: ${error.message.slice(0, 300)}`),
      );
  const ofLives = lives.flatMap((life) => [
    told(life.at, `create ${life.path}/${nameOf(life.object)}`, () => create(scene, life.path, life.object)),
    ...life.steps.map(({ after, act }) => told(life.at + after, wordsOf(act), () => perform(scene, act))),
  ]);
  // One after the other, however long each takes: two cannot be told apart while they last.
  const ofTheWatch = disruptions.reduce(
    (before, one) => before.then(() => told(one.at, `${one.kind} for ${one.seconds} s`, () => scene.disrupt(one))),
    Promise.resolve(),
  );
  await Promise.all([...ofLives, ofTheWatch]);
  await at(seconds);
}

const nameOf = (object: Json): string => String((object['metadata'] as Json)['name']);
const wordsOf = (act: Act): string => [act.kind, 'path' in act ? act.path : act.pod].join(' ');

const groups: Readonly<Record<string, string>> = {
  pods: '/api/v1',
  configmaps: '/api/v1',
  jobs: '/apis/batch/v1',
  deployments: '/apis/apps/v1',
  statefulsets: '/apis/apps/v1',
  daemonsets: '/apis/apps/v1',
};

function urlOf({ namespace }: Scene, path: string): string {
  return `${groups[path.split('/')[0] ?? ''] ?? ''}/namespaces/${namespace}/${path}`;
}

async function create(scene: Scene, path: string, object: Json): Promise<void> {
  await retried(() => scene.client.create(urlOf(scene, path), object));
}

async function perform(scene: Scene, act: Act): Promise<void> {
  const { client } = scene;
  switch (act.kind) {
    case 'delete': {
      const grace = act.graceSeconds === null ? '' : `?gracePeriodSeconds=${act.graceSeconds}`;
      const answer = await client.ask('DELETE', `${urlOf(scene, act.path)}${grace}`);
      if (answer.status >= 300) throw new Error(answer.text);
      return;
    }
    case 'evict': {
      const metadata = { name: act.pod, namespace: scene.namespace };
      await client.create(`${urlOf(scene, `pods/${act.pod}`)}/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata,
      });
      return;
    }
    case 'patch':
      await client.patch(
        urlOf(scene, act.path),
        act.body,
        act.path.endsWith('ephemeralcontainers') ? 'strategic-merge' : 'merge',
      );
      return;
    case 'kill-sandbox':
      if (!scene.command) throw new Error('this cluster takes no commands');
      await scene.command(`kill-sandbox ${scene.namespace}/${act.pod}`);
      return;
    case 'create':
      await create(scene, act.path, act.body);
      return;
  }
}

/** The API server may be away, or the old object may not have gone yet. */
async function retried(doing: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await doing();
      return;
    } catch (error) {
      if (tries === 20 || !/ECONN|socket|: (409|5\d\d)/.test((error as Error).message)) throw error;
      await sleep(500);
    }
  }
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uid } from '#testing/projections';
import { Scene } from '../testing/index.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set();
});
afterAll(() => scene.end());

/** A good value of every parameter there is. */
const good: Readonly<Record<string, readonly string[]>> = {
  cluster: ['test', 'none'],
  namespace: ['shop'],
  workload: ['Deployment/api'],
  node: ['node-a'],
  container: ['migrate'],
  image: ['migrate:1'],
  revision: ['1'],
  resource: ['pods'],
  phase: ['initializing', 'backOff'],
  outcome: ['running'],
  category: ['CRASH'],
  labelSelector: ['app in (api),!x,rank>3,rank<5,app!=y,app notin (z)'],
  from: ['2026-11-21T10:00:30Z', '1795255230000', 'now-20m'],
  to: ['2026-11-21T10:59:30Z', '1795258770000', 'now-10s'],
  interval: ['1h', '1d'],
  groupBy: ['cluster', 'namespace', 'workload', 'revision', 'container'],
  of: ['attempt', 'initialization'],
  minDuration: ['1s'],
  minPods: ['1', '3'],
  join: ['1m', '0s'],
  target: ['db:5432'],
  waitsFor: ['db:5432'],
  kind: ['dependencyRetried', 'attemptsMissed'],
  finding: ['dependencyRetried'],
  confidence: ['certain', 'weak'],
  stuck: ['true', 'false'],
  initContainers: ['any'],
  sort: ['createdAt', '-createdAt', 'duration', '-duration', 'name', '-name', 'initRestarts', '-initRestarts'],
  format: ['json', 'csv'],
  limit: ['1', '500'],
  asOf: ['2026-11-21T10:01:00Z', 'now-30m'],
  at: ['2026-11-21T10:01:00Z', 'now'],
};
/** These are made by an answer; other tests give them back. */
const made = new Set(['cursor', 'minPosition']);

type Document = Readonly<{
  paths: Record<string, { get?: Readonly<{ parameters?: { name: string; in: string }[] }> }>;
}>;

const routes = (document: Document): [string, string[]][] =>
  Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/api/v1/') && path !== '/api/v1/stream')
    .map(([path, { get }]) => [
      path
        .replace('{uid}', uid(3))
        .replace('{cluster}', 'test')
        .replace('{namespace}', 'shop')
        .replace('{kind}', 'Deployment')
        .replace('{name}', 'api'),
      (get?.parameters ?? []).filter((one) => one.in === 'query' && !made.has(one.name)).map(({ name }) => name),
    ]);

describe('every parameter of every route', () => {
  it('is answered, alone and together with a span, a moment and a grouping', async () => {
    const refused: string[] = [];
    for (const [path, names] of routes(await scene.body<Document>('/openapi.json'))) {
      for (const query of questions(names)) {
        const { status, text } = await scene.get(`${path}?${query}`);
        if (status !== 200) refused.push(`${path}?${query} ${status} ${text.slice(0, 200)}`);
      }
    }

    expect(refused).toEqual([]);
  }, 120_000);
});

function questions(names: readonly string[]): string[] {
  const all = names.flatMap((name) => (good[name] ?? [`${name} has no value here`]).map((value) => ({ name, value })));
  const alone = all.map(({ name, value }) => new URLSearchParams([[name, value]]));
  const beside = names.includes('from')
    ? [
        { from: 'now-30m', to: 'now-5m' },
        ...(names.includes('groupBy') ? [{ from: 'now-30m', groupBy: 'workload', interval: '1h' }] : []),
      ]
    : [];
  const moments = names.includes('at') ? [{ asOf: 'now-30m' }, { at: 'now-30m' }] : [];
  const together = [...beside, ...moments].flatMap((more) =>
    all
      .filter(({ name }) => !(name in more) && !['asOf', 'at', 'stuck', 'phase', 'waitsFor'].includes(name))
      .map(({ name, value }) => new URLSearchParams([...Object.entries(more), [name, value]])),
  );
  return [...alone, ...together].map(String);
}

/** What is read of every init container that a real cluster was recorded with: those that wait, and no other. */
import { expect, it } from 'vitest';
import { frames, recordings } from '../../../../test/recordings/reader.js';
import { readView } from '../read-view.js';
import { readSpec } from './read-spec.js';

type Container = Readonly<{ name: string; image?: string; command?: readonly string[] }>;
type Pod = Readonly<{ metadata: { namespace: string }; spec?: { initContainers?: readonly Container[] } }>;

/** Init containers of every frame, each spec once. */
function recorded(): readonly Readonly<{ namespace: string; container: Container }>[] {
  const met = new Map<string, Readonly<{ namespace: string; container: Container }>>();
  const lines = recordings()
    .flatMap(frames)
    .filter((line) => line.resource === 'pods');
  for (const line of lines) {
    if (!('frame' in line)) continue;
    const { metadata, spec } = (JSON.parse(line.frame) as { object: Pod }).object;
    for (const container of spec?.initContainers ?? []) {
      const words = JSON.stringify([container.name, container.image, container.command]);
      met.set(words, { namespace: metadata.namespace, container });
    }
  }
  return [...met.values()];
}

it('names what the recorded pods wait for, and of the others nothing', () => {
  const all = recorded();
  const told = all.flatMap(({ namespace, container }) => {
    const [view] = readView({ [`spec.initContainer.${container.name}`]: container }).initContainers;
    const { dependencies } = view ? readSpec(view, namespace, 0) : { dependencies: [] };
    return dependencies.map(
      ({ target, confidence, rule }) => `${container.name}: ${target}, ${confidence}, by ${rule}`,
    );
  });

  expect(all.length).toBeGreaterThan(80);
  expect([...new Set(told)].toSorted()).toEqual([
    'await-db: db, certain, by nslookup',
    'await-redis: redis:6379, certain, by nc',
    'init-mydb: mydb, certain, by nslookup',
    'init-myservice: myservice, certain, by nslookup',
  ]);
});

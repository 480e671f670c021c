import { describe, expect, it } from 'vitest';
import { keptPaths } from '../../libs/recording/src/reducing/kept-paths.js';
import { frames, recordings } from '../recordings/reader.js';
import { CorpusRecorder } from './recording-of.js';

const kept = new Set(keptPaths.flatMap(({ path, how }) => (how === 'kept' ? [path] : [])));
const listed = new Set(keptPaths.map(({ path }) => path));

/** Which list of the object the parts of a prefix are items of. */
const lists = {
  'spec.initContainer.': 'spec.initContainers',
  'spec.container.': 'spec.containers',
  'spec.ephemeralContainer.': 'spec.ephemeralContainers',
  'status.initContainer.': 'status.initContainerStatuses',
  'status.container.': 'status.containerStatuses',
  'status.ephemeralContainer.': 'status.ephemeralContainerStatuses',
  'condition.': 'status.conditions',
};

describe.each(recordings())('the parts of every frame of $scenario on kubelet $kubelet', (recording) => {
  const { looks } = new CorpusRecorder(false).record(frames(recording));

  it('hold the value of every path that is listed as kept', () => {
    const wrong = looks.flatMap(({ raw, reduced }) => {
      const shown = leaves('Pod', raw).filter(({ path }) => kept.has(path));
      const parts = [...reduced.parts].flatMap(([name, text]) => leaves(rootOf(name), JSON.parse(text)));
      const stored = parts.filter(({ path }) => kept.has(path));
      return sorted(shown) === sorted(stored) ? [] : [reduced.resourceVersion];
    });

    expect(wrong).toEqual([]);
  });

  it('meet no path that is not listed', () => {
    const met = new Set(looks.flatMap(({ raw }) => leaves('Pod', raw).map(({ path }) => path)));

    // fieldsV1 is dropped whole, and its keys are no schema's.
    expect([...met].filter((path) => !listed.has(path) && !path.includes('.fieldsV1'))).toEqual([]);
  });
});

type Leaf = Readonly<{ path: string; value: unknown }>;

/** Every scalar of a value with its path, written as the list of paths writes it. */
function leaves(path: string, value: unknown): Leaf[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item) => leaves(`${path}[]`, item));
  if (typeof value !== 'object') return [{ path, value }];
  const isMap = listed.has(`${path}{}`);
  return Object.entries(value).flatMap(([key, member]) =>
    isMap ? [{ path: `${path}{}`, value: `${key}=${String(member)}` }] : leaves(`${path}.${key}`, member),
  );
}

function rootOf(part: string): string {
  const item = Object.entries(lists).find(([prefix]) => part.startsWith(prefix));
  if (item) return `Pod.${item[1]}[]`;
  return part === 'deletion' ? 'Pod.metadata' : `Pod.${part}`;
}

function sorted(some: readonly Leaf[]): string {
  return some
    .map(({ path, value }) => `${path}\t${JSON.stringify(value)}`)
    .toSorted()
    .join('\n');
}

import { describe, expect, it } from 'vitest';
import { parseJson } from '#libs/kubernetes';
import {
  maskedObject,
  Masking,
  reduceEvent,
  reduceNamespace,
  reduceNode,
  reduceOwner,
  reducePod,
  type Commands,
  type JsonObject,
  type Reduced,
} from '../../libs/recording/src/reducing/index.js';
import { toWrite } from '../../libs/recording/src/reducing/writes.js';
import { clusterFrames, frames, recordings, runs, type Line } from '../recordings/reader.js';

const owners = { replicasets: 'ReplicaSet', jobs: 'Job' } as const;

function reduce(resource: string, raw: JsonObject, masking: Masking): Reduced | undefined {
  if (resource === 'pods') return reducePod(raw, masking);
  if (resource === 'events') return reduceEvent(raw, masking);
  if (resource === 'nodes') return reduceNode(raw, masking);
  if (resource === 'namespaces') return reduceNamespace(raw, masking);
  return reduceOwner(raw, { apiVersion: String(raw['apiVersion']), kind: String(raw['kind']) }, masking);
}

const objectsOf = (lines: readonly Line[]) =>
  lines
    .filter(({ resource }) => resource !== 'podTable')
    .flatMap((line): { resource: string; raw: JsonObject }[] => {
      const kind = owners[line.resource as keyof typeof owners];
      const of = (raw: JsonObject) => ({
        resource: line.resource,
        raw: { ...(kind && { apiVersion: 'v1', kind }), ...raw },
      });
      if ('list' in line) return (parseJson(line.list) as { items: JsonObject[] }).items.map(of);
      if (!('frame' in line)) return [];
      const { type, object } = parseJson(line.frame) as { type: string; object: JsonObject };
      return type === 'BOOKMARK' || type === 'ERROR' ? [] : [of(object)];
    });

const said = (reduced: Reduced | undefined) =>
  reduced && {
    ...reduced,
    parts: Object.fromEntries(reduced.parts),
    managedFields: reduced.managedFields.map((entry) => toWrite(entry as JsonObject)),
  };

/** What somebody else, who has another key, reads in what was masked. */
function wrongIn(lines: readonly Line[], commands: Commands): string[] {
  const [ours, theirs] = [new Masking({ key: 'ours', commands }), new Masking({ key: 'theirs', commands })];
  return objectsOf(lines).flatMap(({ resource, raw }) => {
    const masked = maskedObject(resource, raw, ours);
    if (masked === undefined) return reduce(resource, raw, ours) ? [`${resource} was left out`] : [];
    const again = reduce(resource, parseJson(masked) as JsonObject, theirs);
    const [expected, found] = [said(reduce(resource, raw, ours)), said(again)].map((each) => JSON.stringify(each));
    return expected === found ? [] : [`${found}\n  instead of\n${expected}`];
  });
}

describe.each(recordings())('the recording $scenario on kubelet $kubelet', (recording) => {
  it.each(['masked', 'targets', 'none'] as const)(
    'says the same with its secrets masked (--commands %s)',
    (commands) => {
      expect(wrongIn(frames(recording), commands)).toEqual([]);
    },
  );
});

describe.each(runs('1.36'))('the cluster of the run %s', (run) => {
  it('says the same with its secrets masked', () => {
    expect(wrongIn(clusterFrames('1.36', run), 'masked')).toEqual([]);
  });
});

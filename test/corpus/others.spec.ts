import { describe, expect, it } from 'vitest';
import { parseJson } from '#libs/kubernetes';
import {
  KnownParts,
  observe,
  reduceNamespace,
  reduceNode,
  reduceOwner,
  subjectStream,
  type JsonObject,
  type Reduced,
} from '../../libs/recording/src/reducing/index.js';
import { clusterFrames, frames, recordings, runs, type Line, type Resource } from '../recordings/reader.js';
import { CorpusRecorder, masking } from './recording-of.js';

const all = (['1.36', '1.34', '1.33'] as const).flatMap((kubelet) => runs(kubelet).map((run) => ({ kubelet, run })));

describe.each(all)('the nodes and namespaces of the run $run on kubelet $kubelet', ({ kubelet, run }) => {
  const lines = clusterFrames(kubelet, run);

  it('are written when they come and when they change, not with every heartbeat', () => {
    const nodes = objectsOf(lines, 'nodes').map((raw) => reduceNode(raw, masking));
    const written = changesOf(nodes);

    expect(written.length).toBeGreaterThan(0);
    expect(written.length).toBeLessThanOrEqual(nodes.length);
    expect(JSON.stringify(written)).not.toMatch(/lastHeartbeatTime|sizeBytes|machineID/);
    expect(JSON.stringify(written)).toContain('bootID');
  });

  it('have no unknown path, and a namespace has its uid and name', () => {
    const namespaces = objectsOf(lines, 'namespaces').map((raw) => reduceNamespace(raw, masking));

    const wrong = namespaces.filter(({ uid, name, parts }) => {
      const metadata = JSON.parse(parts.get('metadata') ?? '{}') as Record<string, unknown>;
      return metadata['uid'] !== uid || metadata['name'] !== name || parts.size !== 1;
    });

    expect(wrong).toEqual([]);
  });
});

describe.each(recordings())('what surrounds the pods of $scenario on kubelet $kubelet', (recording) => {
  const lines = frames(recording);

  it('owners are written once, however often their status changes', () => {
    const owners = [
      ...objectsOf(lines, 'replicasets').map((raw) =>
        reduceOwner(raw, { apiVersion: 'apps/v1', kind: 'ReplicaSet' }, masking),
      ),
      ...objectsOf(lines, 'jobs').map((raw) => reduceOwner(raw, { apiVersion: 'batch/v1', kind: 'Job' }, masking)),
    ];

    const written = changesOf(owners).map(({ uid }) => uid);

    expect(new Set(written).size).toBe(new Set(owners.map(({ uid }) => uid)).size);
    expect(written.length).toBeLessThanOrEqual(owners.length);
  });

  it('every Event about a pod is stored with each of its counts, in the stream of the pod', () => {
    const shown = objectsOf(lines, 'events').flatMap(({ involvedObject, metadata, count, series }) => {
      const { kind, uid, namespace, name } = involvedObject as Record<string, string>;
      const stream = subjectStream(uid ?? `${namespace}/${name}`); // taint-eviction-controller names pods without their uid
      return kind === 'Pod' ? [[(metadata as { uid: string }).uid, stream.replaceAll('-', ''), count, series]] : [];
    });
    const stored = new CorpusRecorder(true).record(lines).drafts.flatMap(({ type, streamId, body }) => {
      if (type !== 'KubeEventObserved') return [];
      const { event } = JSON.parse(body) as { event: { uid: string; count?: number; series?: unknown } };
      return [[event.uid, streamId.replaceAll('-', ''), event.count, event.series]];
    });

    expect(distinct(stored)).toEqual(distinct(shown));
  });
});

function objectsOf(lines: readonly Line[], resource: Resource): JsonObject[] {
  return lines.flatMap((line) => {
    if (line.resource !== resource) return [];
    if ('list' in line) return (parseJson(line.list) as { items: JsonObject[] }).items;
    if (!('frame' in line)) return [];
    const { type, object } = parseJson(line.frame) as { type: string; object: JsonObject };
    return type === 'ADDED' || type === 'MODIFIED' ? [object] : [];
  });
}

function changesOf(looks: readonly Reduced[]) {
  const known = new KnownParts();
  return looks.flatMap((reduced) => {
    const change = observe(known.get(reduced.uid), reduced);
    if (!change) return [];
    known.set(reduced.uid, change.known);
    return [{ uid: reduced.uid, parts: Object.fromEntries(change.parts) }];
  });
}

function distinct(rows: readonly unknown[]): string[] {
  return [...new Set(rows.map((row) => JSON.stringify(row)))].toSorted();
}

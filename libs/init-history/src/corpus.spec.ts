import { describe, expect, it } from 'vitest';
import { frames, recordings, truth, type Recording, type Truth } from '../../../test/recordings/reader.js';
import { containerOf, type PodHistory } from './history.js';
import { statusColumn } from './status-column.js';
import { viewOf } from './snapshot.js';
import { Watched, type RawPod } from './testing/index.js';
import type { KubeEvent } from './observations.js';

type Cells = Readonly<{ ready: string; status: string; restarts: string }>;

type Replayed = Readonly<{
  watched: Watched;
  /** Cells that differ from what was printed: resourceVersion, ours, theirs. */
  differences: readonly string[];
  compared: number;
}>;

type Meta = Readonly<{ resourceVersion: string; uid: string; name: string }>;
const metaOf = (object: RawPod): Meta => object['metadata'] as Meta;

/** The rows of the Table, by resourceVersion of the pod. */
function printed(recording: Recording): Map<string, Cells> {
  const cells = new Map<string, Cells>();
  for (const line of frames(recording)) {
    if (line.resource !== 'podTable' || !('frame' in line)) continue;
    const { type, object } = JSON.parse(line.frame) as {
      type: string;
      object: { metadata: Meta; rows?: { cells: unknown[] }[] };
    };
    if (type === 'BOOKMARK' || type === 'ERROR') continue;
    const row = object.rows?.[0]?.cells;
    if (!row) continue;
    const [, ready, status, restarts] = row.map(String);
    cells.set(object.metadata.resourceVersion, { ready: ready ?? '', status: status ?? '', restarts: restarts ?? '' });
  }
  return cells;
}

function asEvent(raw: RawPod): KubeEvent {
  const { metadata, ...rest } = raw as {
    metadata: { uid: string; name: string; namespace: string; creationTimestamp: string };
  };
  const { uid, name, namespace, creationTimestamp } = metadata;
  return { ...(rest as unknown as KubeEvent), uid, name, namespace, creationTimestamp };
}

/** Folds all that the watcher of a scenario received, and holds the three cells against the Table's. */
function replay(recording: Recording): Replayed {
  const cells = printed(recording);
  const watched = new Watched();
  const differences: string[] = [];
  let compared = 0;
  let listed = false;
  for (const line of frames(recording)) {
    if ('closed' in line) continue;
    const { receivedAt, resource } = line;
    const objects =
      'list' in line
        ? (JSON.parse(line.list) as { items: RawPod[] }).items?.map((object) => ({ type: 'LISTED', object }))
        : [JSON.parse(line.frame) as { type: string; object: RawPod }];
    if (resource === 'events') {
      for (const { type, object } of objects ?? []) {
        if (type === 'ADDED' || type === 'MODIFIED') {
          const event = asEvent(object);
          const uid = event.involvedObject.uid ?? '';
          watched.event(uid, event, receivedAt);
        }
      }
    }
    if (resource !== 'pods') continue;
    for (const { type, object } of objects ?? []) {
      if (type === 'BOOKMARK' || type === 'ERROR') continue;
      const via = type === 'LISTED' ? (listed ? 'relist' : 'initialList') : 'watch';
      const history = watched.look({
        pod: object,
        receivedAt,
        via,
        ...(type === 'DELETED' ? { gone: 'deleted' as const } : {}),
      });
      const theirs = cells.get(metaOf(object).resourceVersion);
      if (!theirs) continue;
      const ours = statusColumn(history.parts, 36);
      compared++;
      const same =
        ours.status === theirs.status &&
        ours.ready === theirs.ready &&
        String(ours.restarts) === theirs.restarts.split(' ')[0];
      if (!same)
        differences.push(
          `${metaOf(object).name} rv ${metaOf(object).resourceVersion}: ${JSON.stringify(ours)} ${JSON.stringify(theirs)}`,
        );
    }
    if ('list' in line) listed = true;
  }
  return { watched, differences, compared };
}

type Ran = {
  containerId: string;
  container: string;
  startedAt: string | null;
  exitedAt: string | null;
  exitCode: number | null;
  cycle: number;
};

/** What the runtime saw of one pod's init containers; a cycle is a sandbox in which one of them began. */
function ranOf(truths: readonly Truth[], uid: string): Map<string, Ran> {
  const ran = new Map<string, Ran>();
  let sandboxes = 0;
  for (const { at, containerId, what, podUid, container, kind, exitCode } of truths) {
    if (what === 'exited') {
      const one = ran.get(containerId);
      if (one) {
        one.exitedAt = at;
        one.exitCode = exitCode ?? null;
      }
      continue;
    }
    if (podUid !== uid) continue;
    if (kind === 'sandbox') {
      if (what === 'started') sandboxes++;
      continue;
    }
    const known = ran.get(containerId);
    if (what === 'started')
      ran.set(containerId, {
        ...(known ?? { containerId, container: container ?? '', exitedAt: null, exitCode: null }),
        startedAt: at,
        cycle: sandboxes,
      });
    else if (!known)
      ran.set(containerId, {
        containerId,
        container: container ?? '',
        startedAt: null,
        exitedAt: null,
        exitCode: null,
        cycle: sandboxes,
      });
  }
  return ran;
}

const bareId = (containerId: string): string => containerId.replace(/^[a-z-]+:\/\//, '');
const floor = (time: string): string => `${time.slice(0, 19)}Z`;

/** Every container id that a frame of this pod showed. */
function revealed(recording: Recording): Set<string> {
  const ids = new Set<string>();
  for (const line of frames(recording)) {
    if (line.resource !== 'pods' || 'closed' in line) continue;
    for (const [, id] of ('list' in line ? line.list : line.frame).matchAll(/"containerID":"[a-z-]+:\/\/([0-9a-f]+)"/g))
      ids.add(id ?? '');
  }
  return ids;
}

function attemptProblems(
  recording: Recording,
  history: PodHistory,
  truths: readonly Truth[],
  shown: ReadonlySet<string>,
): string[] {
  const view = viewOf(history.parts);
  const uid = view.metadata.annotations?.['kubernetes.io/config.mirror'] ?? history.uid ?? '';
  const ran = ranOf(truths, uid);
  const problems: string[] = [];
  const inits = new Set(view.initContainers.map((container) => container.name));
  const told = new Set<string>();
  for (const name of inits) {
    for (const attempt of containerOf(history, name).attempts) {
      const id = bareId(attempt.containerId);
      told.add(id);
      const one = ran.get(id);
      const label = `${view.metadata.name} ${name} #${attempt.number} ${id.slice(0, 6)}`;
      if (!one) {
        problems.push(`${label}: invented`);
        continue;
      }
      if (one.container !== name) problems.push(`${label}: of ${one.container}`);
      const end = attempt.end;
      if (end && end.outcome !== 'unknown') {
        if (end.exitCode !== one.exitCode) problems.push(`${label}: exit ${end.exitCode} not ${one.exitCode}`);
        if (one.exitedAt && end.finishedAt !== floor(one.exitedAt))
          problems.push(`${label}: end ${end.finishedAt} not ${one.exitedAt}`);
      }
      if (one.cycle !== attempt.cycle && one.cycle > 0)
        problems.push(`${label}: cycle ${attempt.cycle} not sandbox ${one.cycle}`);
    }
  }
  for (const one of ran.values()) {
    if (inits.has(one.container) && shown.has(one.containerId) && !told.has(one.containerId))
      problems.push(`${view.metadata.name} ${one.container} ${one.containerId.slice(0, 6)}: revealed and not told`);
  }
  return problems;
}

describe.each(recordings())('$scenario on kubelet $kubelet', (recording) => {
  it('prints what kubectl printed, and tells every attempt that was revealed and no other', () => {
    const { watched, differences, compared } = replay(recording);
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(0);
    const truths = truth(recording);
    const shown = revealed(recording);
    const problems = [...watched.pods.values()]
      .filter((history) => history.first)
      .flatMap((history) => attemptProblems(recording, history, truths, shown));
    expect(problems).toEqual([]);
  });
});

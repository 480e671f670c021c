import { describe, expect, it } from 'vitest';
import { frames, recordings, truth, type Line, type Recording } from '../recordings/reader.js';
import { CorpusRecorder } from './recording-of.js';
import { attemptsOf, cellsOf, instancesIn, stepAt, stepsOf, type Instance, type Step } from './stored-reader.js';

type ContainerStatuses = Parameters<typeof instancesIn>[0];
type RawPod = { metadata: { uid: string }; status: { initContainerStatuses?: ContainerStatuses } };
type Cell = string | number;
type Table = {
  metadata: { resourceVersion: string };
  rows: { cells: [name: Cell, ready: Cell, status: Cell, restarts: Cell] }[] | null;
};
type Row = Readonly<{ resourceVersion: string; name: string; ready: string; status: string; restarts: number }>;

describe.each(recordings())('from the stored observations of $scenario on kubelet $kubelet alone', (recording) => {
  const lines = frames(recording);
  const streams = storedStreams(lines);

  it('STATUS of every frame can be told', () => {
    const rows = rowsOf(lines);

    const wrong = rows.flatMap((row) => {
      const step = stepOf(streams, row);
      const told = step && cellsOf(step.parts).status;
      return told === row.status ? [] : [{ row, told }];
    });

    expect(rows.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  it('READY and RESTARTS can be told of every frame that was stored', () => {
    const wrong = rowsOf(lines).flatMap((row) => {
      const step = stepOf(streams, row);
      if (step?.resourceVersion !== row.resourceVersion) return [];
      const { ready, restarts } = cellsOf(step.parts);
      return ready === row.ready && restarts === row.restarts ? [] : [{ row, ready, restarts }];
    });

    expect(wrong).toEqual([]);
  });

  it('id, times and exit code of every revealed attempt can be told, in all cycles', () => {
    const told = new Map([...streams.values()].flatMap((steps) => [...attemptsOf(steps)]));

    expect(sorted(told)).toEqual(sorted(revealed(lines)));
  });

  it('what is told of an attempt is what the container runtime knows', () => {
    const told = new Map([...streams.values()].flatMap((steps) => [...attemptsOf(steps)]));
    const known = new Map(exitsOf(recording).map((exit) => [`containerd://${exit.containerId}`, exit]));

    const wrong = [...told].filter(([id, { finishedAt, exitCode }]) => {
      const exit = known.get(id);
      return exit && finishedAt !== null && (finishedAt !== exit.finishedAt || exitCode !== exit.exitCode);
    });

    expect(wrong).toEqual([]);
  });
});

it('the corpus reveals hundreds of ended attempts, and the runtime knows them', () => {
  const ended = recordings().map((recording) => {
    const known = new Set(exitsOf(recording).map(({ containerId }) => `containerd://${containerId}`));
    return [...revealed(frames(recording))].filter(([id, { finishedAt }]) => finishedAt !== null && known.has(id))
      .length;
  });

  expect(ended.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(400);
});

function storedStreams(lines: readonly Line[]): Map<string, Step[]> {
  const bodies = Map.groupBy(new CorpusRecorder(true).record(lines).drafts, ({ streamId }) => streamId);
  return new Map([...bodies].map(([uid, drafts]) => [uid, stepsOf(drafts.map(({ body }) => body))]));
}

/** The Table's rows. A BOOKMARK is a row of empty cells, and no pod's. */
function rowsOf(lines: readonly Line[]): Row[] {
  return lines.flatMap((line) => {
    if (line.resource !== 'podTable') return [];
    if ('list' in line) return tableRows(JSON.parse(line.list) as Table);
    if (!('frame' in line)) return [];
    const { type, object } = JSON.parse(line.frame) as { type: string; object: Table };
    return type === 'BOOKMARK' || type === 'ERROR' ? [] : tableRows(object);
  });
}

function tableRows({ metadata: { resourceVersion }, rows }: Table): Row[] {
  return (rows ?? []).map(({ cells: [name, ready, status, restarts] }) => ({
    resourceVersion,
    name: String(name),
    ready: String(ready),
    status: String(status),
    restarts: Number.parseInt(String(restarts), 10),
  }));
}

/** The newest step of a pod of that name at the row's resourceVersion: a name may be used again, a resourceVersion never. */
function stepOf(streams: ReadonlyMap<string, Step[]>, { name, resourceVersion }: Row): Step | undefined {
  const steps = [...streams.values()].flatMap((each) => stepAt(each, resourceVersion) ?? []);
  const ofName = steps.filter(({ parts }) => (parts['metadata'] as { name: string }).name === name);
  return ofName.toSorted((a, b) => Number(a.resourceVersion) - Number(b.resourceVersion)).at(-1);
}

function revealed(lines: readonly Line[]): Map<string, Instance> {
  const known = new Map<string, Instance>();
  for (const line of lines) {
    if (line.resource !== 'pods') continue;
    const pods = 'list' in line ? (JSON.parse(line.list) as { items: RawPod[] }).items : [];
    if ('frame' in line) pods.push((JSON.parse(line.frame) as { object: RawPod }).object);
    for (const pod of pods) instancesIn(pod.status?.initContainerStatuses ?? [], known);
  }
  return known;
}

function sorted(known: ReadonlyMap<string, Instance>): [string, Instance][] {
  return [...known].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** The runtime's exits, with their time cut to the second as the kubelet does. */
function exitsOf(recording: Recording) {
  return truth(recording)
    .filter(({ what }) => what === 'exited')
    .map(({ at, containerId, exitCode }) => ({ containerId, exitCode, finishedAt: at.replace(/\.\d+Z$/, 'Z') }));
}

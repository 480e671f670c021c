import { randomUUID } from 'node:crypto';

import { EventWriter, type NewEvent } from '#libs/event-store';
import { Database } from '#libs/platform';
import { someShard } from '#testing/event-store';

import { CorpusRecorder } from '../corpus/recording-of.js';
import { frames, recordings, type Line } from '../recordings/reader.js';
import { bytesOfLog, startBenchDatabase } from './bench-database.js';
import { tell, whole, type Row } from './table.js';

/** So many events of each kind are stored: then what a page holds is small beside it. */
const STORED = 20_000;
const BATCH = 1_000;
const DAY_SECONDS = 86_400;
/** The longest that a kubelet waits before it runs a container again, and so how often one that always fails is run. */
const BACK_OFF_SECONDS = 300;
/** As often as a probe runs, unless told otherwise. */
const PROBE_SECONDS = 10;

/** What was recorded of pods of one kind, and how many pod starts, or which part of a pod's day, that is. */
type Kind = Readonly<{ what: string; events: readonly NewEvent[]; of: number; goal?: string }>;

/** Disk that the log takes for what pods do, its indexes and proofs included, through the recorder's own reducer. */
export async function benchStorage(): Promise<void> {
  const { urls, owner, stop } = await startBenchDatabase();
  const database = new Database(urls);
  try {
    const rows: Row[] = [];
    for (const { what, events, of, goal } of [healthyStarts(), crashLoopingDay(), flappingDay()]) {
      const before = await bytesOfLog(owner);
      const stored = await store(database, events);
      const each = ((await bytesOfLog(owner)) - before) / stored;
      rows.push({ what: `${what}: bytes an observation`, measured: whole(each), goal: 'below 1,200' });
      rows.push({ what: `${what}: observations`, measured: whole(events.length / of) });
      rows.push({ what: `${what}: bytes`, measured: whole((each * events.length) / of), ...(goal && { goal }) });
    }
    rows.push({ what: 'a calm pod, a day: observations', measured: whole(calmDay()) });
    tell('storage: the recorded pods, Events included, on disk with indexes and proofs', rows);
  } finally {
    await database.close();
    await stop();
  }
}

async function store({ ingest: pool }: Database, events: readonly NewEvent[]): Promise<number> {
  const writer = await EventWriter.open(pool, await someShard(pool));
  let stored = 0;
  while (stored < STORED) {
    const uids = new Map<string, string>();
    const lived = events.map((event) => {
      const streamId = uids.get(event.streamId) ?? randomUUID();
      uids.set(event.streamId, streamId);
      return { ...event, streamId, eventId: randomUUID() };
    });
    for (let at = 0; at < lived.length; at += BATCH) await writer.append(lived.slice(at, at + BATCH));
    stored += lived.length;
  }
  await writer.close();
  return stored;
}

const observed = (lines: readonly Line[]): NewEvent[] => new CorpusRecorder(true).record(lines).drafts.map(toEvent);

const toEvent = ({ streamId, eventId, type, schemaVersion, body }: NewEvent): NewEvent => ({
  streamId,
  eventId,
  type,
  schemaVersion,
  body,
});

/** From the creation of pods with one to three init containers that succeed at once, until they run; their end is left out. */
function healthyStarts(): Kind {
  const names = new Set(['three-in-order', 'statefulset', 'daemonset', 'nginx-page']);
  const lines = recordings()
    .filter(({ scenario }) => names.has(scenario))
    .map((recording) => frames(recording).filter((line) => !isOfAnEnd(line)));
  const events = lines.flatMap(observed);
  const pods = new Set(lines.flat().flatMap((line) => (isPodFrame(line) ? [podOf(line).object.metadata.uid] : [])));
  return { what: 'a healthy start', events, of: pods.size, goal: 'below 15,000' };
}

/** Of an init container that always fails: what each attempt brings once its back-off has grown, as often as it is tried in a day. */
function crashLoopingDay(): Kind {
  const lines = recordings()
    .filter(({ scenario }) => scenario === 'fast-fail-loop')
    .map(frames);
  const parts = lines.map((all) => {
    const attempts = all.filter((line) => isPodFrame(line) && restartsOf(line) > 0);
    const most = Math.max(...attempts.map(restartsOf));
    const from = attempts.find((line) => restartsOf(line) === Math.ceil(most / 2));
    const events = observed(all).length - observed(all.slice(0, all.indexOf(from as Line))).length;
    return { events: observed(all).slice(-events), attempts: most - Math.ceil(most / 2) + 1 };
  });
  const attempts = parts.reduce((sum, part) => sum + part.attempts, 0);
  const perDay = DAY_SECONDS / BACK_OFF_SECONDS;
  return { what: 'a crash-looping pod, a day', events: parts.flatMap(({ events }) => events), of: attempts / perDay };
}

/** An hour of a pod that is ready and not ready in turn, with every run of its probe. */
function flappingDay(): Kind {
  const all =
    recordings()
      .filter(({ scenario }) => scenario === 'three-in-order')
      .map(frames)[0] ?? [];
  const ready = all.findLast((line) => isPodFrame(line) && podOf(line).object.status.conditions?.some(isReady));
  if (!ready || !('frame' in ready)) throw new Error('three-in-order has no pod that is ready');
  const hour = Array.from({ length: 3_600 / PROBE_SECONDS }, (_, nth): Line => {
    const { type, object } = podOf(ready);
    const status = nth % 2 === 0 ? 'False' : 'True';
    const at = new Date(Date.parse(ready.receivedAt) + (nth + 1) * PROBE_SECONDS * 1_000).toISOString();
    object.metadata.resourceVersion = String(10_000_000 + nth);
    for (const condition of object.status.conditions ?? [])
      if (condition.type.endsWith('Ready')) Object.assign(condition, { status, lastTransitionTime: at });
    for (const container of object.status.containerStatuses ?? []) container.ready = status === 'True';
    return { ...ready, receivedAt: at, frame: JSON.stringify({ type, object }) };
  });
  const before = all.slice(0, all.indexOf(ready) + 1);
  const events = observed([...before, ...hour]).slice(observed(before).length);
  return { what: 'a flapping pod, a day', events, of: 3_600 / DAY_SECONDS };
}

/** Nothing is written of a pod of which nothing changes, however often it is looked at again. */
function calmDay(): number {
  const all =
    recordings()
      .filter(({ scenario }) => scenario === 'three-in-order')
      .map(frames)[0] ?? [];
  const last = all.findLastIndex((line) => isPodFrame(line) && podOf(line).type === 'MODIFIED');
  const before = all.slice(0, last + 1);
  const again = Array.from({ length: 24 }, () => all[last] as Line);
  return observed([...before, ...again]).length - observed(before).length;
}

type Frame = {
  type: string;
  object: {
    metadata: { uid: string; resourceVersion: string };
    status: {
      conditions?: { type: string; status: string }[];
      initContainerStatuses?: { restartCount: number }[];
      containerStatuses?: { ready: boolean }[];
    };
  };
};

const isReady = ({ type, status }: { type: string; status: string }): boolean => type === 'Ready' && status === 'True';
const isPodFrame = (line: Line): boolean =>
  line.resource === 'pods' && 'frame' in line && /^(ADDED|MODIFIED)$/u.test(podOf(line).type);
const podOf = (line: Line): Frame => JSON.parse('frame' in line ? line.frame : '{}') as Frame;
const isOfAnEnd = (line: Line): boolean =>
  'frame' in line && /"deletionTimestamp"|"type":"DELETED"|"reason":"Killing"/u.test(line.frame);
const restartsOf = (line: Line): number =>
  Math.max(0, ...(podOf(line).object.status.initContainerStatuses ?? []).map(({ restartCount }) => restartCount));

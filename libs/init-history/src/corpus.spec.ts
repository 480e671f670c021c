/** The rules, held against what a real API server and kubelet said, what kubectl printed, and what the runtime knows. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { clusterFrames, frames, recordings, truth } from '../../../test/recordings/reader.js';
import type { Line, Recording, Truth } from '../../../test/recordings/reader.js';
import { RULES, advance, podAccount, withinCycle, type Context, type KubeEvent, type PodAccount } from './index.js';
import { containerOf, missedIn, nothingKnown, type AttemptHistory, type PodHistory } from './history.js';
import released from './corpus.released.json' with { type: 'json' };
import { staticPodUid, viewOf } from './snapshot.js';
import { statusColumn } from './status-column.js';
import { Watched, type RawPod } from './testing/index.js';
import { metaOf, objectsOf, type Told } from './testing/recorded.js';

type Cells = Readonly<{ ready: string; status: string; restarts: string }>;

/** What kubectl printed, by resourceVersion of the pod. */
function printed(lines: readonly Line[]): ReadonlyMap<string, Cells> {
  const rows = lines
    .filter((line) => line.resource === 'podTable' && 'frame' in line)
    .flatMap(objectsOf)
    .map(({ object }): [string, Cells] => {
      const cells = (object['rows'] as { cells: unknown[] }[] | undefined)?.[0]?.cells.map(String) ?? [];
      const [, ready = '', status = '', restarts = ''] = cells;
      return [metaOf(object).resourceVersion, { ready, status, restarts: restarts.split(' ')[0] ?? '' }];
    });
  return new Map(rows);
}

/** Runs that had their node watched: there a reboot can be told from a mere sandbox death. */
const runOf = (recording: Recording): string | null => (recording.scenario.startsWith('reboot-') ? 'reboot' : null);

function asEvent(raw: RawPod): KubeEvent {
  const { metadata, ...event } = raw as Readonly<{ metadata: KubeEvent }>;
  const { uid, name, namespace, creationTimestamp } = metadata;
  return {
    ...(event as unknown as KubeEvent),
    uid,
    name,
    namespace,
    ...(creationTimestamp ? { creationTimestamp } : {}),
  };
}

/** A scenario as it was folded, and the cells that differ from what was printed. */
class Replay {
  readonly watched = new Watched();
  readonly differences: string[] = [];
  compared = 0;
  last = '';
  private readonly cells: ReadonlyMap<string, Cells>;
  private listed = false;

  constructor(readonly recording: Recording) {
    const lines = frames(recording);
    this.cells = printed(lines);
    const run = runOf(recording);
    const nodes = run ? clusterFrames(recording.kubelet, run).filter((line) => line.resource === 'nodes') : [];
    for (const line of [...lines, ...nodes].toSorted((a, b) => (a.receivedAt < b.receivedAt ? -1 : 1))) this.take(line);
  }

  private take(line: Line): void {
    this.last = line.receivedAt;
    const objects = objectsOf(line);
    if (line.resource === 'pods') for (const told of objects) this.pod(line, told);
    if (line.resource === 'events') for (const told of objects) this.event(line, told);
    if (line.resource === 'nodes') for (const told of objects) this.node(told);
    if (line.resource === 'pods' && 'list' in line) this.listed = true;
  }

  private pod({ receivedAt }: Line, { type, object }: Told): void {
    const via = type === 'LISTED' ? (this.listed ? 'relist' : 'initialList') : 'watch';
    const gone = type === 'DELETED' ? { gone: 'deleted' as const } : {};
    const history = this.watched.look({ pod: object, receivedAt, via, ...gone });
    const { name, resourceVersion } = metaOf(object);
    const theirs = this.cells.get(resourceVersion);
    if (!theirs) return;
    const { ready, status, restarts } = statusColumn(history.parts, 36);
    const ours: Cells = { ready, status, restarts: String(restarts) };
    this.compared++;
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
      this.differences.push(`${name} rv ${resourceVersion}: ${JSON.stringify({ ours, theirs })}`);
    }
  }

  private event({ receivedAt }: Line, { type, object }: Told): void {
    if (type !== 'ADDED' && type !== 'MODIFIED') return;
    const event = asEvent(object);
    const subject = event.involvedObject.uid ?? '';
    const twin = [...this.watched.pods].find(([, history]) => staticPodUid(viewOf(history.parts)) === subject);
    this.watched.event(twin?.[0] ?? subject, event, receivedAt);
  }

  private node({ object }: Told): void {
    const { bootID, kubeletVersion } = (object['status'] as { nodeInfo: { bootID: string; kubeletVersion: string } })
      .nodeInfo;
    const node = { ...metaOf(object), bootId: bootID, kubeletVersion, zone: null, ready: null };
    this.watched.context = { ...this.watched.context, node };
  }

  histories(): readonly PodHistory[] {
    return [...this.watched.pods.values()].filter((history) => history.first !== null);
  }

  accounts(): readonly PodAccount[] {
    return this.histories().map((history) => podAccount(history, Date.parse(this.last), this.watched.context));
  }
}

/** One container instance as the runtime knows it; `sandbox` counts the pod's sandboxes up to it. */
type Ran = {
  container: string;
  startedAt: string | null;
  exitedAt: string | null;
  exitCode: number | null;
  sandbox: number;
};

function ranOf(truths: readonly Truth[], podUid: string): ReadonlyMap<string, Ran> {
  const ran = new Map<string, Ran>();
  let sandbox = 0;
  for (const fact of truths) {
    const known = ran.get(fact.containerId);
    if (fact.what === 'exited' && known) Object.assign(known, { exitedAt: fact.at, exitCode: fact.exitCode ?? null });
    if (fact.podUid !== podUid || fact.what === 'exited') continue;
    if (fact.kind === 'sandbox') sandbox += fact.what === 'started' ? 1 : 0;
    else if (!known)
      ran.set(fact.containerId, {
        container: fact.container ?? '',
        startedAt: null,
        exitedAt: null,
        exitCode: null,
        sandbox,
      });
    const one = ran.get(fact.containerId);
    if (one && fact.what === 'started') one.startedAt = fact.at;
  }
  return ran;
}

const floor = (time: string): string => `${time.slice(0, 19)}Z`;
const secondsApart = (a: string, b: string): number => Math.abs(Date.parse(a) - Date.parse(b)) / 1000;
const bareId = (containerId: string): string => containerId.replace(/^[a-z-]+:\/\//, '');

/** In place restarts make another cycle in the same sandbox: all init containers ran again. */
const cycleIn = (recording: Recording, history: PodHistory, attempt: AttemptHistory, one: Ran): number =>
  recording.scenario === 'restart-all-containers'
    ? containerOf(history, one.container).attempts.indexOf(attempt) + 1
    : one.sandbox;

/** What is wrong with a told attempt, by the runtime's account of it. A container that could not be started has exit 128. */
function wrongs(attempt: AttemptHistory, one: Ran | undefined, cycle: number): readonly string[] {
  if (!one) return ['invented'];
  const { end, startedAt } = attempt;
  const known = end !== null && end.outcome !== 'unknown';
  const never = one.startedAt === null;
  return [
    ...(known && end.exitCode !== (never ? 128 : one.exitCode)
      ? [`exit code ${end.exitCode}, not ${one.exitCode}`]
      : []),
    ...(known && one.exitedAt && end.finishedAt !== floor(one.exitedAt)
      ? [`end ${end.finishedAt}, not ${one.exitedAt}`]
      : []),
    ...(never !== (startedAt === null) ? [`start ${startedAt}, not ${one.startedAt}`] : []),
    ...(startedAt && one.startedAt && secondsApart(startedAt, one.startedAt) > 2
      ? [`start ${startedAt}, not ${one.startedAt}`]
      : []),
    ...(attempt.cycle === cycle ? [] : [`cycle ${attempt.cycle}, not ${cycle}`]),
  ];
}

/** Every container id that a frame or list showed. */
function revealed(recording: Recording): ReadonlySet<string> {
  const texts = frames(recording)
    .filter((line) => line.resource === 'pods')
    .map((line) => ('list' in line ? line.list : 'frame' in line ? line.frame : ''));
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/"containerID":"[a-z-]+:\/\/([0-9a-f]+)"/g)].map(([, id]) => id ?? '')),
  );
}

/** How the attempts of one pod differ from what the runtime did and the watch revealed. */
function differencesFromTruth(replay: Replay, history: PodHistory, shown: ReadonlySet<string>): readonly string[] {
  const view = viewOf(history.parts);
  const ran = ranOf(truth(replay.recording), staticPodUid(view) ?? history.uid ?? '');
  return view.initContainers.flatMap(({ name }) => {
    const known = containerOf(history, name);
    const told = new Set(known.attempts.map((attempt) => bareId(attempt.containerId)));
    const mine = [...ran].filter(([, one]) => one.container === name);
    const label = `${view.metadata.name}/${name}`;
    const wrong = known.attempts.flatMap((attempt) => {
      const one = ran.get(bareId(attempt.containerId));
      const cycle = one ? cycleIn(replay.recording, history, attempt, one) : 0;
      return wrongs(attempt, one, staticPodUid(view) ? attempt.cycle : cycle).map(
        (what) => `${label} #${attempt.number}: ${what}`,
      );
    });
    const untold = mine.filter(([id]) => shown.has(id) && !told.has(id) && staticPodUid(view) === null);
    const unshown = mine.filter(([id]) => !shown.has(id)).length;
    return [
      ...wrong,
      ...untold.map(([id]) => `${label}: ${id} was revealed and is not told`),
      ...(staticPodUid(view) === null && missedIn(known) !== unshown
        ? [`${label}: ${missedIn(known)} missed, not ${unshown}`]
        : []),
    ];
  });
}

describe.each(recordings())('the recording $scenario of kubelet $kubelet', (recording) => {
  let replay: Replay;
  beforeAll(() => {
    replay = new Replay(recording);
  });

  it('gives READY, STATUS and RESTARTS of every frame as kubectl printed them', () => {
    expect(replay.differences).toEqual([]);
    expect(replay.compared).toBeGreaterThan(0);
  });

  it('tells every attempt that was revealed, counts the missed ones, and invents none', () => {
    const shown = revealed(recording);
    expect(replay.histories().flatMap((history) => differencesFromTruth(replay, history, shown))).toEqual([]);
  });

  it('divides the time of each cycle into phases that sum to the whole', () => {
    for (const { name, cycles } of replay.accounts()) {
      for (const { number, duration, phases } of cycles) {
        const within = phases
          .filter(({ phase }) => withinCycle.has(phase))
          .map((slice) => slice.duration.seconds ?? NaN);
        expect({ name, number, negative: within.filter((seconds) => !(seconds >= 0)) }).toEqual({
          name,
          number,
          negative: [],
        });
        expect(
          within.reduce((sum, seconds) => sum + seconds, 0),
          `${name} cycle ${number}`,
        ).toBeCloseTo(duration.seconds ?? NaN, 6);
      }
    }
  });

  it('tells the same, whether folded at once or from a stored prefix on', () => {
    for (const [uid, recorded] of replay.watched.recorded) {
      const context: Context = replay.watched.context;
      const half = Math.floor(recorded.length / 2);
      const fold = (history: PodHistory, part: typeof recorded): PodHistory =>
        part.reduce((known, one) => advance(known, one, context).history, history);
      const stored = JSON.parse(JSON.stringify(fold(nothingKnown, recorded.slice(0, half)))) as PodHistory;
      expect({ uid, history: fold(stored, recorded.slice(half)) }).toEqual({
        uid,
        history: fold(nothingKnown, recorded),
      });
    }
  });

  it('gives no two happenings of a pod one id', () => {
    for (const happenings of replay.watched.happenings.values()) {
      const ids = happenings.map((happening) => happening.id);
      expect(ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => happenings.find((one) => one.id === id))).toEqual(
        [],
      );
    }
  });
});

/** One line for each pod, one for each cycle: what is told, in short. */
function toldOf({ recording, accounts }: Readonly<{ recording: Recording; accounts: readonly PodAccount[] }>): string {
  const lines = accounts.flatMap((account) => [
    `${recording.kubelet} ${recording.scenario}/${account.name}: ${account.state}${account.category ? ` ${account.category}` : ''}`,
    ...account.cycles.map(({ number, cause, outcome, initContainers }) => {
      const containers = initContainers.map(({ name, kind, state, missedAttempts, attempts }) => {
        const exits = attempts.map((attempt) => attempt.exitCode ?? (attempt.outcome === 'running' ? '…' : '?'));
        const missed = missedAttempts > 0 ? [`${missedAttempts} missed`] : [];
        return `${name}${kind === 'sidecar' ? '*' : ''} ${[state, ...exits, ...missed].join(' ')}`;
      });
      return `  ${number} ${cause}, ${outcome}: ${containers.join(' | ')}`;
    }),
    ...account.findings.map(({ kind, container }) => `  ! ${kind} ${container ?? ''}`.trimEnd()),
  ]);
  return lines.join('\n');
}

describe('all recordings together', () => {
  let told: string;
  beforeAll(() => {
    const accounts = recordings().map((recording) => toldOf({ recording, accounts: new Replay(recording).accounts() }));
    told = `${accounts.join('\n')}\n`;
  });

  it('are told as was reviewed, against the story of the runtime, in corpus.told.txt', async () => {
    await expect(`read by rules ${RULES}\n${told}`).toMatchFileSnapshot('corpus.told.txt');
  });

  it('are told by released rules as when those were released: what reads otherwise is another version', () => {
    const digest = createHash('sha256').update(told).digest('hex');

    const digests: Readonly<Record<string, string>> = released;
    expect(digests[RULES] ?? digest, `rules ${RULES} are released, so raise RULES in happenings.ts`).toBe(digest);
    expect(
      Object.keys(digests)
        .map(Number)
        .filter((version) => version > Number(RULES)),
    ).toEqual([]);
  });
});

/** Makes a fault happen, and undoes it when its time is over. */
import { setTimeout as sleep } from 'node:timers/promises';
import { kinds } from './kinds.js';
import type { Fault } from './plan.js';
import type { Post } from './post.js';
import type { Stage } from './stage.js';
import type { Wire } from './wire.js';

type Happening = (stage: Stage, fault: Fault) => Promise<void> | void;

/** An append commits with its last statements; what else a recorder writes does so by itself. */
const commitOfAppend = '; COMMIT';

/** What happens to one process; the name goes on with whose. */
const toProcess: Readonly<Record<string, (post: Post, fault: Fault) => Promise<void>>> = {
  kill: (post, { lastsMs }) => post.kill(lastsMs),
  'kill-at-start': async (post, { size, which }) => {
    for (let nth = 0; nth < 3 + which; nth += 1) {
      await post.kill(0);
      await sleep(100 + ((size + nth * 0.37) % 1) * 2_000);
    }
    await post.kill(0);
  },
  pause: (post, { lastsMs }) => post.pause(lastsMs),
  clock: async (post, { lastsMs, size }) => {
    post.setClock((size - 0.5) * 2 * 3_600_000);
    await sleep(lastsMs);
    post.setClock(0);
  },
  'database-cut': ({ wires }) => Promise.resolve(wires.database.cut()),
  'database-reset': ({ wires }) => Promise.resolve(wires.database.reset()),
  'database-stall': ({ wires }, { lastsMs }) => stalled(wires.database, lastsMs),
  'database-deaf': ({ wires }, { lastsMs }) => deaf(wires.database, lastsMs, 'deafen'),
  // Whoever says nothing in that time commits nothing that could be ambiguous.
  'database-commit-unanswered': async ({ wires }, { which, size }) => {
    const text = wires.cluster && size < 0.8 ? commitOfAppend : 'COMMIT';
    for (let nth = 0; nth <= which; nth += 1) await wires.database.loseAnswerTo(text, 5_000);
  },
  'database-half-closed': ({ wires }, { lastsMs }) => deaf(wires.database, lastsMs, 'halfClose'),
  'api-cut': (post) => Promise.resolve(toCluster(post).cut()),
  'api-reset': (post) => Promise.resolve(toCluster(post).reset()),
  'api-stall': (post, { lastsMs }) => stalled(toCluster(post), lastsMs),
  'api-deaf': (post, { lastsMs }) => deaf(toCluster(post), lastsMs, 'deafen'),
  'api-half-closed': (post, { lastsMs }) => deaf(toCluster(post), lastsMs, 'halfClose'),
  'api-refused': (post, { lastsMs }) => refused([post], lastsMs),
};

const toOthers: Readonly<Record<string, Happening>> = {
  'kill-with-session': async (stage, { kind, lastsMs, size, which }) => {
    const post = stage.post(kinds[kind]!.target, which);
    await Promise.all([post.kill(lastsMs), stage.database.crashBackend({ size })]);
  },
  'kill-and-gone': async (stage, { lastsMs, which }) => {
    const away = stage.post('recorder', which).kill(lastsMs);
    stage.expire('expire');
    stage.simulator.faults.cutWatches();
    await away;
  },
  'clocks-apart': async (stage, { lastsMs, size, which }) => {
    const post = stage.post('recorder', which);
    post.setClock(size < 0.5 ? -120_000 : 120_000);
    await sleep(lastsMs);
    post.setClock(0);
  },
  'two-recorders': async (stage, { lastsMs, size, which, kind }) => {
    const rogue = await stage.rogue();
    await tookOver(rogue);
    await sleep(lastsMs);
    if (which === 0) await leave(rogue, size);
    await again(stage, kind, which);
    if (which === 1) await leave(rogue, size);
  },
  zombie: async (stage, { lastsMs, size, which, kind }) => {
    const sleeper = stage.post(kinds[kind]!.target, which);
    const waking = sleeper.pauseUntil();
    const rogue = await stage.rogue();
    await tookOver(rogue);
    await sleep(lastsMs);
    waking();
    await sleep(1_000);
    await leave(rogue, size);
    await again(stage, kind, which);
  },
  'zombie-projector': (stage, { lastsMs, which }) => stage.post('projector', which).pause(lastsMs),
  'watch-ended': ({ simulator }) => simulator.faults.dropWatches(),
  'watch-cut': ({ simulator }) => simulator.faults.cutWatches(),
  'watch-cut-mid-line': ({ simulator }) => simulator.faults.cutMidLine(),
  'frames-twice': ({ simulator }, { size }) => simulator.faults.duplicateFrames(5 + Math.floor(size * 30)),
  'frames-late': async ({ simulator: { faults } }, { lastsMs, size }) => {
    faults.delayFrames(50 + Math.floor(size * 500), { resource: 'pods' });
    await sleep(lastsMs);
    faults.delayFrames(0, { resource: 'pods' });
  },
  'server-errors': ({ simulator }, { size, which }) =>
    simulator.faults.serverErrors(1 + Math.floor(size * 2), which === 0 ? 500 : 503),
  'too-many-requests': ({ simulator }, { size }) => simulator.faults.tooManyRequests(1 + Math.floor(size * 3)),
  gone: (stage) => {
    stage.expire('expire');
    stage.simulator.faults.cutWatches();
  },
  'gone-mid-list': async (stage, { lastsMs, size, which }) => {
    const { faults } = stage.simulator;
    faults.shortenPages(2 + Math.floor(size * 20));
    faults.expireContinuations(1 + which);
    stage.expire('expire');
    faults.cutWatches();
    await sleep(lastsMs);
    faults.shortenPages(Number.POSITIVE_INFINITY);
    faults.expireContinuations(0);
  },
  'server-killed': async ({ simulator: { faults } }, { lastsMs }) => {
    faults.killApi();
    await sleep(lastsMs);
  },
  'server-restarted': async ({ simulator: { faults } }, { lastsMs }) => {
    faults.restartApi();
    await sleep(lastsMs);
  },
  'watches-silent': async ({ simulator: { faults } }, { lastsMs }) => {
    faults.stallWatches();
    await sleep(lastsMs);
    faults.cutWatches();
  },
  'bookmarks-old': async ({ simulator: { faults } }, { lastsMs, size }) => {
    faults.ageBookmarks(3 + Math.floor(size * 10));
    await sleep(lastsMs);
    faults.ageBookmarks(0);
  },
  'tokens-refused': async ({ simulator: { faults } }, { lastsMs }) => {
    faults.refuseTokens();
    await sleep(lastsMs);
    faults.heal();
  },
  'namespace-again': ({ load }, { size }) => load.again(size),
  compaction: async (stage, { lastsMs }) => {
    const away = refused(
      stage.running.filter(({ wires }) => wires.cluster),
      lastsMs,
    );
    await sleep(lastsMs / 2);
    stage.expire('compact');
    await away;
  },
  'database-restart': ({ database }, { lastsMs }) => database.restart(lastsMs),
  'database-crash': ({ database }, { lastsMs }) => database.crash(lastsMs),
  'backend-crash': ({ database }, { size }) => database.crashBackend({ size }),
  'crash-in-copy': async (stage, { lastsMs }) => {
    await heardOfRecorders(stage, 'COPY ');
    await stage.database.crash(lastsMs);
  },
  'crash-in-commit': async (stage, { size }) => {
    await heardOfRecorders(stage, commitOfAppend);
    await stage.database.crashBackend({ size, busy: true });
  },
  'session-ended': ({ database }) => database.endSessions(),
  'database-frozen': ({ database }, { lastsMs }) => database.freeze(lastsMs),
  'disk-full': ({ database }, { lastsMs }) => database.fillDisk(lastsMs),
  'redis-crash': ({ redis }) => redis.crash(),
  'redis-lost': ({ redis }) => redis.lose(),
  'redis-cut': (stage) => toQueues(stage).forEach((wire) => wire.cut()),
  'redis-stall': async (stage, { lastsMs }) => {
    await Promise.all(toQueues(stage).map((wire) => stalled(wire, lastsMs)));
  },
  'redis-deaf': async (stage, { lastsMs }) => {
    await Promise.all(toQueues(stage).map((wire) => deaf(wire, lastsMs, 'deafen')));
  },
  'receiver-fails': ({ receiver }, { lastsMs }) => moody(receiver, 'failing', lastsMs),
  'receiver-late': ({ receiver }, { lastsMs }) => moody(receiver, 'late', lastsMs),
  'receiver-loses-answer': ({ receiver }, { lastsMs }) => moody(receiver, 'speechless', lastsMs),
};

/** Makes it happen. Resolves when it is over, and whoever suffered from it may be about to recover. */
export async function inject(stage: Stage, fault: Fault): Promise<void> {
  const { target } = kinds[fault.kind]!;
  const what = fault.kind.replace(new RegExp(`-${target}$`), '');
  const toOne = toProcess[what];
  if (toOne) return toOne(stage.post(target, fault.which), fault);
  await (toOthers[fault.kind] ?? toOthers[what])!(stage, fault);
}

/** In whose turn it happens: a process and each of its ways have their own, and so have both of a pair. */
export function laneOf(stage: Stage, { kind, which }: Fault): string {
  const { target } = kinds[kind]!;
  if (target === 'cluster' || target === 'database' || target === 'queue' || target === 'receiver') return target;
  const [way] = /^(database|api)(?=-)/.exec(kind) ?? ['itself'];
  return `${stage.post(target, which).name} ${way}`;
}

function toCluster({ name, wires }: Post): Wire {
  if (!wires.cluster) throw new RangeError(`${name} has no way to the API server`);
  return wires.cluster;
}

const toQueues = ({ running }: Stage): readonly Wire[] => running.flatMap(({ wires }) => wires.queue ?? []);

async function stalled(wire: Wire, forMs: number): Promise<void> {
  wire.stall();
  await sleep(forMs);
  wire.resume();
}

async function deaf(wire: Wire, forMs: number, how: 'deafen' | 'halfClose'): Promise<void> {
  wire[how]();
  await sleep(forMs);
  wire.reset();
}

async function refused(posts: readonly Post[], forMs: number): Promise<void> {
  for (const post of posts) toCluster(post).refuse();
  await sleep(forMs);
  for (const post of posts) toCluster(post).allow();
}

async function moody(
  receiver: Stage['receiver'],
  mood: 'failing' | 'speechless' | 'late',
  forMs: number,
): Promise<void> {
  receiver.be(mood);
  await sleep(forMs);
  receiver.be('well');
}

/** One of the recorders has said this to the database a moment ago; where none does, for a process is away, it is not waited for longer. */
async function heardOfRecorders({ running }: Stage, text: string): Promise<void> {
  const recorders = running.filter(({ wires }) => wires.cluster);
  await Promise.race(recorders.map(({ wires }) => wires.database.hears(text, 5_000)));
}

/** A recorder has taken the shard once it is ready; where other faults keep it from that, it is not waited for longer. */
async function tookOver(rogue: Post): Promise<void> {
  await rogue.untilReady(20).catch(() => undefined);
}

async function leave(rogue: Post, size: number): Promise<void> {
  await (size < 0.5 ? rogue.end() : rogue.stop().catch(() => undefined));
  await rogue.closeWires();
}

/** A recorder that was fenced records no more; who looks after it starts it again. One that is led by a Lease comes back by itself. */
async function again(stage: Stage, kind: string, which: 0 | 1): Promise<void> {
  if (stage.isLed) return;
  await stage.post(kinds[kind]!.target, which).kill(0);
}

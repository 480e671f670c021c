/** One campaign: deployments take turns, faults happen to them, and in the end everything is held against the cluster's own account. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject, laneOf } from './inject.js';
import { judgeEnd } from './judge.js';
import { kinds } from './kinds.js';
import { marked } from './marked.js';
import type { Pace } from './load.js';
import { judgeMemory, Memory } from './memory.js';
import { planOf, type Act, type Fault, type Wanted } from './plan.js';
import { Stage } from './stage.js';
import { together, type Judgement } from './verdict.js';

export type Campaign = Readonly<{
  wanted: Wanted;
  pace: Pace;
  /** No fault begins later than this many minutes from the beginning. */
  minutes: number;
  /** Where keys, logs and what was untrue are kept. */
  folder: string;
  /** The folder of the built service; this one unless told. */
  service?: string;
  tell: (line: string) => void;
}>;

export type Outcome = Judgement & Readonly<{ injected: Readonly<Record<string, number>>; seconds: number }>;

/** Plays a campaign and judges it. */
export async function campaign(given: Campaign): Promise<Outcome> {
  const { wanted, folder, minutes, pace, service } = given;
  mkdirSync(folder, { recursive: true });
  const began = Date.now();
  const tell = (line: string) => {
    const text = `${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`;
    appendFileSync(join(folder, 'log.txt'), `${text}\n`);
    given.tell(text);
  };
  const stage = await Stage.set({
    seed: wanted.seed,
    folder,
    mount: wanted.mayMount,
    pace,
    service,
    redis: wanted.redis,
  });
  const play = new Play(stage, began + minutes * 60_000, tell);
  const memory = new Memory(() => stage.running);
  const ended: string[] = [];
  try {
    const acts = planOf(wanted).filter(({ faults }) => faults.length > 0);
    for (const [nth, act] of acts.entries()) {
      await play.act(act);
      if (nth < acts.length - 1) ended.push(...(await stage.withdraw()));
    }
    tell('all is well again: judging');
    const judgement = await judgeEnd(stage, {
      trueClock: !play.kinds.some((kind) => kind.startsWith('clock-')),
      folder,
      tell,
    });
    const lives = memory.end();
    writeFileSync(join(folder, 'memory.json'), JSON.stringify(lives));
    const remembered = judgeMemory(lives);
    for (const line of remembered.told) tell(`memory of ${line}`);
    const { compared, untruths } = together([judgement, remembered]);
    return {
      untruths: [...ended, ...play.failures, ...ownEnds(stage), ...untruths],
      compared,
      injected: play.injected,
      seconds: (Date.now() - began) / 1000,
    };
  } finally {
    memory.end();
    writeFileSync(
      join(folder, 'processes.txt'),
      stage.running.map(({ name, said }) => `${name}\n${said}\n`).join('\n'),
    );
    writeFileSync(join(folder, 'own-ends.json'), JSON.stringify(stage.ownEnds, null, 1));
    await stage.strike();
  }
}

/** A process may give up a start while its database is away, and is started again; once it was ready, it goes on. */
const ownEnds = (stage: Stage): string[] =>
  stage.ownEnds
    .filter(({ ready }) => ready)
    .map(({ post, code, said }) => `${post} ended by itself with ${code}: ${said.trim().slice(-600)}`);

/** Milliseconds that a fault may be late, for those before it take their time; what is later puts off all that follow. */
const lateness = 30_000;

class Play {
  readonly injected: Record<string, number> = {};
  readonly failures: string[] = [];
  /** From when the times of the faults of a deployment count: later where they had to be put off. */
  private began = 0;

  constructor(
    private readonly stage: Stage,
    private readonly endAt: number,
    private readonly tell: (line: string) => void,
  ) {}

  get kinds(): readonly string[] {
    return Object.keys(this.injected);
  }

  /** Plays the faults of one deployment, and waits until all is well again. */
  async act({ deployment, faults }: Act): Promise<void> {
    this.tell(`deployment: ${deployment}, ${faults.length} faults`);
    await this.stage.deploy(deployment);
    this.began = Date.now();
    const lanes = new Map<string, Promise<void>>();
    for (const fault of faults) {
      await sleep(Math.max(0, this.began + fault.atMs - Date.now()));
      if (Date.now() > this.endAt) {
        this.tell('the time is over');
        break;
      }
      const lane = laneOf(this.stage, fault);
      const before = lanes.get(lane) ?? Promise.resolve();
      lanes.set(
        lane,
        before.then(() => this.happen(fault)),
      );
    }
    await Promise.all(lanes.values());
    this.stage.heal();
    this.tell('nothing is wrong any more');
    // Who is stopped while it begins is not there yet to end in good order.
    await this.stage.untilReady();
    await marked(this.stage);
  }

  /** A machine that is too slow for the pace goes at its own: what is yet to come is put off. */
  private keepPace({ atMs }: Fault): void {
    const late = Date.now() - (this.began + atMs);
    this.began += Math.max(0, late - lateness);
  }

  private async happen(fault: Fault): Promise<void> {
    const { nth, kind, lastsMs } = fault;
    if (Date.now() > this.endAt) return;
    this.keepPace(fault);
    this.injected[kind] = (this.injected[kind] ?? 0) + 1;
    this.tell(`#${nth} ${kind}${lastsMs > 0 ? ` for ${(lastsMs / 1000).toFixed(1)} s` : ''}: ${kinds[kind]!.about}`);
    try {
      await inject(this.stage, fault);
    } catch (error) {
      this.failures.push(`#${nth} ${kind} could not be brought about: ${String(error)}`);
    }
  }
}

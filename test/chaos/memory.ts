/** What memory the processes take, as long as each lives. */
import { readFileSync } from 'node:fs';
import type { Post } from './post.js';
import type { Judgement } from './verdict.js';

/** What one process took, look by look, in megabytes. */
export type Lived = Readonly<{ post: string; pid: number; looks: { seconds: number; rss: number; heap: number }[] }>;

const everyMs = 10_000;

export class Memory {
  private readonly lives = new Map<number, Lived & { since: number }>();
  private readonly timer: NodeJS.Timeout;

  /** @param running the processes of the moment */
  constructor(private readonly running: () => readonly Post[]) {
    this.timer = setInterval(() => this.look(), everyMs);
  }

  /** @returns what every process took */
  end(): readonly Lived[] {
    clearInterval(this.timer);
    return [...this.lives.values()].map(({ since: _since, ...lived }) => lived);
  }

  private look(): void {
    for (const { pid, name, heap } of this.running()) {
      const rss = pid === undefined ? null : rssOf(pid);
      if (pid === undefined || rss === null || heap === null) continue;
      const life = this.lives.get(pid) ?? { post: name, pid, looks: [], since: Date.now() };
      this.lives.set(pid, life);
      const seconds = Math.round((Date.now() - life.since) / 1000);
      life.looks.push({ seconds, rss, heap: Math.round(heap / 2 ** 20) });
    }
  }
}

/** A life this long says something; what comes before this is warming up. */
const leastSeconds = 300;
const warmSeconds = 120;
/** Megabytes that come and go with what is collected when. */
const slackMb = 48;

/**
 * Of each process that lived long, what it took first, in the middle and last: the median of a third of its life each. What
 * took half as much again in the last as in the first grows without bound.
 */
export function judgeMemory(lives: readonly Lived[]): Judgement & Readonly<{ told: readonly string[] }> {
  const long = lives
    .map((life) => ({ ...life, looks: life.looks.filter(({ seconds }) => seconds >= warmSeconds) }))
    .filter(({ looks }) => (looks.at(-1)?.seconds ?? 0) >= leastSeconds && looks.length >= 9);
  const judged = long.flatMap(({ post, pid, looks }) =>
    (['rss', 'heap'] as const).map((what) => {
      const [first, middle, last] = thirds(looks.map((look) => look[what]));
      const said = `${post} (${pid}), ${Math.round(looks.at(-1)!.seconds / 60)} min: ${what} ${first}, ${middle}, ${last} MB`;
      return { said, grows: last > first * 1.5 && last > middle && last - first > slackMb };
    }),
  );
  return {
    told: judged.map(({ said }) => said),
    untruths: judged.filter(({ grows }) => grows).map(({ said }) => `memory grows: ${said}`),
    compared: { longLives: long.length },
  };
}

/** The median of each third. */
function thirds(values: readonly number[]): [first: number, middle: number, last: number] {
  const third = Math.floor(values.length / 3);
  const median = (from: number): number => values.slice(from, from + third).toSorted((a, b) => a - b)[third >> 1]!;
  return [median(0), median(third), median(values.length - third)];
}

function rssOf(pid: number): number | null {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024);
  } catch {
    // It has ended.
    return null;
  }
}

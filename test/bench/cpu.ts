import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

import type { Pool } from '#libs/platform';

/** CPU seconds that somebody took since the beginning of their processes, by name. */
export type CpuSeconds = ReadonlyMap<string, number>;

/** The kernel counts CPU in hundredths of a second, whatever its own tick is. */
const TICKS_A_SECOND = 100;

/**
 * What processes took until now, and those of PostgreSQL by what they are for: by the name of the pool that they serve. As Linux tells it; elsewhere
 * nothing is known.
 *
 * @param processes by name
 */
export async function cpuUntilNow(processes: Readonly<Record<string, number>>, owner: Pool): Promise<CpuSeconds> {
  if (process.platform !== 'linux') return new Map();
  const { rows } = await owner.query<{ pid: number; name: string }>(
    `SELECT pid, coalesce(nullif(application_name, ''), backend_type) AS name FROM pg_stat_activity`,
  );
  const took = new Map<string, number>();
  const all = [
    ...Object.entries(processes).map(([name, pid]) => ({ name, pid })),
    ...rows.map(({ pid, name }) => ({ name: `PostgreSQL: ${name}`, pid })),
  ];
  took.set('all of the machine', busySeconds());
  for (const { name, pid } of all) took.set(name, (took.get(name) ?? 0) + (await cpuOf(pid)));
  return took;
}

/** Those who took most between the two moments first. */
export function tookBetween(
  before: CpuSeconds,
  after: CpuSeconds,
): readonly (readonly [name: string, seconds: number])[] {
  return [...after]
    .map(([name, seconds]) => [name, seconds - (before.get(name) ?? 0)] as const)
    .toSorted(([, one], [, other]) => other - one);
}

/** What all processors worked for anybody since the machine was started: more than those that are told here, where others work too. */
const busySeconds = (): number =>
  cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) / 1_000;

/** A process that has ended meanwhile took nothing that is known. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // After the name, which is in parentheses and may hold anything: state, ten more, then user and system time.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_A_SECOND;
}

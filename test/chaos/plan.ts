/** Which faults happen, and when: a pure function of what is wanted. */
import { Chance } from '../live/chance.js';
import { kinds, type Deployment, type Kind } from './kinds.js';

/** What a campaign is asked for. */
export type Wanted = Readonly<{
  seed: number;
  faults: number;
  /** Names of kinds; all unless told. */
  only?: readonly string[];
  /** Milliseconds between two faults, on average. */
  everyMs: number;
  /** Faults come so many at a time, and then none for a while, in which pods live from beginning to end; without a break unless told. */
  spells?: Readonly<{ faults: number; quietMs: number }>;
  /** The deployments that take turns, each with its share of the faults. */
  deployments: Readonly<Partial<Record<Deployment, number>>>;
  /** Whether a file system can be mounted, which one kind needs. */
  mayMount: boolean;
  /** Whether jobs are kept in Redis, to which some kinds happen; in the database unless told. */
  redis?: boolean;
}>;

/** One fault. `size` and `which` say how large it is, and which of two it happens to, where that has a meaning. */
export type Fault = Readonly<{
  nth: number;
  kind: string;
  /** Milliseconds from the beginning of its deployment. */
  atMs: number;
  lastsMs: number;
  /** From 0 to 1. */
  size: number;
  which: 0 | 1;
}>;

/** What happens to one deployment, in the order of time. */
export type Act = Readonly<{ deployment: Deployment; faults: readonly Fault[] }>;

/** Every kind that is possible in a deployment happens once at least where there is room for it; the rest is drawn by weight. */
export function planOf(wanted: Wanted): readonly Act[] {
  const chance = new Chance(wanted.seed);
  const shares = Object.entries(wanted.deployments) as [Deployment, number][];
  const whole = shares.reduce((sum, [, share]) => sum + share, 0);
  let [given, rest] = [0, wanted.faults];
  return shares.map(([deployment, share], index) => {
    const count = index === shares.length - 1 ? rest : Math.round((wanted.faults * share) / whole);
    rest -= count;
    const faults = faultsOf(chance.branch(), { wanted, deployment, count, from: given });
    given += count;
    return { deployment, faults };
  });
}

type Share = Readonly<{ wanted: Wanted; deployment: Deployment; count: number; from: number }>;

function faultsOf(chance: Chance, { wanted, deployment, count, from }: Share): readonly Fault[] {
  const possible = possibleIn(wanted, deployment);
  const weights = Object.fromEntries(possible.map(([name, { weight }]) => [name, weight]));
  const names = possible.map(([name]) => name);
  const drawn = shuffled(chance, names).slice(0, count);
  while (drawn.length < count) drawn.push(chance.among(weights));
  let atMs = 0;
  return shuffled(chance, drawn).map((kind, index) => {
    atMs += Math.round(wanted.everyMs * (0.2 + 1.6 * chance.next()));
    if (wanted.spells && index > 0 && index % wanted.spells.faults === 0) atMs += wanted.spells.quietMs;
    const [least, most] = kinds[kind]!.lasts;
    const lastsMs = Math.round(1000 * (least + (most - least) * chance.next()));
    return { nth: from + index, kind, atMs, lastsMs, size: chance.next(), which: chance.falls(0.5) ? 0 : 1 };
  });
}

/** @throws RangeError where nothing of what is wanted can happen to the deployment */
function possibleIn({ only, mayMount, redis = false }: Wanted, deployment: Deployment): readonly [string, Kind][] {
  const there = { mount: mayMount, redis };
  const possible = Object.entries(kinds).filter(
    ([name, kind]) =>
      kind.deployments.includes(deployment) && (!kind.needs || there[kind.needs]) && (!only || only.includes(name)),
  );
  if (possible.length === 0) throw new RangeError(`nothing of ${only?.join() ?? 'all'} can happen to ${deployment}`);
  return possible;
}

function shuffled<T>(chance: Chance, from: readonly T[]): T[] {
  return from
    .map((one) => [chance.next(), one] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, one]) => one);
}

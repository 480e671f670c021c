/** The laws for lives with several passes, sidecars, lost instances and restart counts that fall, whole and through any cut. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noContext, nothingKnown, podAccount, withinCycle, type Attempt, type PodAccount } from './index.js';
import { severalPasses, passesUid, Watched, type LifeOfPasses, type TrueRun } from './testing/index.js';

const later = Date.parse('2026-11-21T12:00:00Z');

/** The life as it is told when only some looks came; the last one always did. */
function told({ looks }: LifeOfPasses, keep: (i: number) => boolean = () => true): PodAccount {
  const watched = new Watched();
  const seen = looks.map((_, i) => i === looks.length - 1 || keep(i));
  looks.forEach((look, i) => {
    if (seen[i]) watched.look({ ...look, via: seen[i - 1] === false ? 'relist' : 'watch' });
  });
  return podAccount(watched.pods.get(passesUid) ?? nothingKnown, later, noContext);
}

type Told = Attempt & Readonly<{ container: string; cycle: number }>;

const attemptsOf = ({ cycles }: PodAccount): readonly Told[] =>
  cycles.flatMap(({ number: cycle, initContainers }) =>
    initContainers.flatMap(({ name: container, attempts }) =>
      attempts.map((attempt) => ({ ...attempt, container, cycle })),
    ),
  );

const named = ({ looks }: LifeOfPasses): ReadonlySet<string> =>
  new Set(
    [...JSON.stringify(looks.map(({ pod }) => pod['status'])).matchAll(/"containerID":"([^"]+)"/g)].map(
      ([, id = '']) => id,
    ),
  );

const floor = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');

/** What is wrong with an attempt, by the truth. An end that nobody told may be unknown. */
function wrongs(attempt: Told, one: TrueRun | undefined): readonly string[] {
  if (!one) return [`${attempt.containerId} never was`];
  const { duration, startedAt, finishedAt, exitCode } = attempt;
  const known = attempt.outcome === 'succeeded' || attempt.outcome === 'failed';
  const wrong: string[] = [];
  // Of one of which only the id was shown, no start is known.
  const onlyNamed = startedAt === null && attempt.outcome === 'unknown';
  if (!onlyNamed && startedAt !== floor(one.startMs)) wrong.push(`started ${startedAt}`);
  if (known && (one.endMs === null || finishedAt !== floor(one.endMs))) wrong.push(`ended ${finishedAt}`);
  if (known && exitCode !== one.exitCode) wrong.push(`exited ${exitCode}, not ${one.exitCode}`);
  if (known && one.endMs !== null && !holds(duration, one.endMs - one.startMs))
    wrong.push(`took ${JSON.stringify(duration)}, not ${one.endMs - one.startMs}`);
  return wrong.map((what) => `${attempt.container} #${attempt.number}: ${what}`);
}

const holds = ({ lo, hi }: Attempt['duration'], least: number, most = least): boolean =>
  lo === null || hi === null || (lo * 1000 <= most && hi * 1000 >= least);

/** Attempts of one pass are in one cycle, those of a later one in a later one. */
function misplaced(attempts: readonly Told[], life: LifeOfPasses): readonly string[] {
  const passes = attempts.map(({ containerId }) => life.runs.find((one) => one.containerId === containerId)?.pass ?? 0);
  const rank = (all: readonly number[]) => all.map((one) => [...new Set(all)].toSorted((a, b) => a - b).indexOf(one));
  const cycles = rank(attempts.map(({ cycle }) => cycle));
  return rank(passes).flatMap((pass, i) =>
    pass === cycles[i] ? [] : [`${attempts[i]?.containerId} of pass ${passes[i]} in cycle ${attempts[i]?.cycle}`],
  );
}

/** Told and missed attempts together are never more than there were. */
function surplus(account: PodAccount, life: LifeOfPasses): readonly string[] {
  return [...new Set(life.runs.map(({ container }) => container))].flatMap((name) => {
    const places = account.cycles.flatMap(({ initContainers }) => initContainers.filter((one) => one.name === name));
    const count = places.reduce((sum, { attempts, missedAttempts }) => sum + attempts.length + missedAttempts, 0);
    const ran = life.runs.filter(({ container }) => container === name).length;
    return count > ran ? [`${name}: ${count} of ${ran}`] : [];
  });
}

/** Of each completed cycle with attempts: from what began its pass to the end of its last regular init container. */
function wrongCycles({ cycles }: PodAccount, life: LifeOfPasses): readonly string[] {
  return cycles.flatMap(({ number, outcome, cause, duration, initContainers }) => {
    const ids = initContainers.flatMap(({ attempts }) => attempts.map(({ containerId }) => containerId));
    const pass = life.runs.find(({ containerId }) => ids.includes(containerId))?.pass;
    const truth = pass === undefined ? undefined : life.passes[pass - 1];
    // A pass of which no instance was shown lies hidden in the cycle that its missed ones were counted to.
    if (initContainers.some(({ missedAttempts }) => missedAttempts > 0)) return [];
    if (outcome !== 'completed' || cause === 'unknown' || !truth || truth.endMs === null) return [];
    if (life.script.init.at(-1)?.sidecar) return [];
    const [least, most] = [truth.endMs - truth.toMs, truth.endMs - truth.fromMs];
    return holds(duration, least, most)
      ? []
      : [`cycle ${number}: ${JSON.stringify(duration)}, in truth ${least} to ${most}`];
  });
}

function phasesThatDoNotSum({ cycles }: PodAccount): readonly string[] {
  return cycles.flatMap(({ number, duration, phases }) => {
    const parts = phases
      .filter(({ phase }) => withinCycle.has(phase))
      .map((slice) => slice.duration.seconds ?? Number.NaN);
    const sum = parts.reduce((all, seconds) => all + seconds, 0);
    if (duration.seconds === null || parts.some((seconds) => !(seconds >= 0)))
      return parts.every((seconds) => seconds >= 0) ? [] : [`cycle ${number}: ${parts.join()}`];
    return Math.abs(sum - duration.seconds) < 0.002 ? [] : [`cycle ${number}: ${sum} of ${duration.seconds}`];
  });
}

const all = (account: PodAccount, life: LifeOfPasses): readonly string[] => {
  const attempts = attemptsOf(account);
  const byId = new Map(life.runs.map((one) => [one.containerId, one]));
  return [
    ...attempts.flatMap((attempt) => wrongs(attempt, byId.get(attempt.containerId))),
    ...misplaced(attempts, life),
    ...surplus(account, life),
    ...wrongCycles(account, life),
    ...phasesThatDoNotSum(account),
  ];
};

describe('any life with several passes', () => {
  it('is told as it was: every instance that was shown, in its pass, with a duration that holds the truth', () => {
    fc.assert(
      fc.property(severalPasses, (life) => {
        const account = told(life);
        const ids = attemptsOf(account).map(({ containerId }) => containerId);
        const shown = named(life);
        const revealed = life.runs
          .filter(({ containerId }) => shown.has(containerId))
          .map(({ containerId }) => containerId);
        expect(all(account, life)).toEqual([]);
        expect(ids.toSorted()).toEqual(revealed.toSorted());
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  it('cut anywhere, says nothing that is not so', () => {
    fc.assert(
      fc.property(severalPasses, fc.infiniteStream(fc.boolean()), (life, coin) => {
        const kept = life.looks.map(() => coin.next().value === true);
        expect(
          all(
            told(life, (i) => kept[i] ?? false),
            life,
          ),
        ).toEqual([]);
      }),
      { numRuns: 1_200 },
    );
  }, 120_000);
});

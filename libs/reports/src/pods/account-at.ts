import type { Attempt, Cycle, Duration, InitContainerAccount, PhaseSlice, PodAccount } from '#libs/init-history';

/**
 * The account as it would have been told at `at` (epoch milliseconds) with everything learnt since: what began later is not
 * there, what ended later runs. Cells that kubectl prints are not reckoned backwards: the caller knows what was recorded then.
 */
export function accountAt(account: PodAccount, at: number): PodAccount {
  const cycles = account.cycles
    .filter(({ startedAt }) => isBy(startedAt ?? account.createdAt, at))
    .map((cycle) => cycleAt(cycle, at));
  const newest = cycles.at(-1);
  const end = newest && newest.outcome !== 'running' ? newest.endedAt : null;
  const until = end === null ? at : Date.parse(end);
  return {
    ...account,
    deletedAt: isBy(account.deletedAt, at) ? account.deletedAt : null,
    initRestarts: restarts(cycles),
    state: stateOf(newest),
    ...(end !== null || isBy(account.stuckSince, at) ? {} : { category: null, categoryEvidence: null }),
    stuckSince: isBy(account.stuckSince, at) ? account.stuckSince : null,
    duration: newest?.duration ?? notBegun,
    sinceCreation: cut(account.sinceCreation, account.createdAt, until),
    sinceScheduled:
      until >= Date.parse(account.cycles.at(-1)?.endedAt ?? '9999-12-31T00:00:00Z') ? account.sinceScheduled : notBegun,
    toAppStarted: end === null ? notBegun : account.toAppStarted,
    cycles,
    findings: account.findings.filter((finding) => finding.at === null || isBy(finding.at, at)),
    gaps: account.gaps.filter(({ from }) => isBy(from, at)),
  };
}

const notBegun: Duration = { seconds: null, lo: null, hi: null, certainty: 'unknown' };

const isBy = (time: string | null, at: number): boolean => time !== null && Date.parse(time) <= at;

function stateOf(newest: Cycle | undefined): PodAccount['state'] {
  if (!newest || newest.startedAt === null) return 'pending';
  if (newest.outcome === 'running') return 'initializing';
  return newest.outcome === 'completed' ? 'initialized' : newest.outcome;
}

function cycleAt(cycle: Cycle, at: number): Cycle {
  const initContainers = cycle.initContainers.map((container) => containerAt(container, at));
  const phases = cycle.phases.filter(({ from }) => isBy(from, at)).map((slice) => sliceAt(slice, at));
  if (cycle.endedAt !== null && isBy(cycle.endedAt, at)) return { ...cycle, initContainers, phases };
  return {
    ...cycle,
    endedAt: null,
    outcome: 'running',
    category: null,
    categoryEvidence: null,
    duration: since(cycle.startedAt, at),
    initContainers,
    phases,
  };
}

function sliceAt(slice: PhaseSlice, at: number): PhaseSlice {
  if (slice.from === null || (slice.to !== null && isBy(slice.to, at))) return slice;
  return { ...slice, to: null, duration: shortened(slice.duration, (at - Date.parse(slice.from)) / 1000) };
}

/** What had run for `seconds` by then: its end is known now, its beginning as well as it was. */
function shortened({ seconds: whole, lo, hi, certainty, mixedClocks }: Duration, seconds: number): Duration {
  if (whole === null || lo === null || hi === null) return notBegun;
  const cut = whole - seconds;
  const [least, most] = certainty === 'exact' ? [seconds - 1, seconds] : [lo - cut, hi - cut];
  const rounded = (value: number): number => Math.round(Math.max(0, value) * 1000) / 1000;
  return {
    seconds,
    lo: rounded(least),
    hi: rounded(most),
    certainty,
    running: true,
    ...(mixedClocks ? { mixedClocks } : {}),
  };
}

function containerAt(container: InitContainerAccount, at: number): InitContainerAccount {
  const attempts = container.attempts
    .filter(({ startedAt, observedAt }) => isBy(startedAt ?? observedAt, at))
    .map((one) => attemptAt(one, at));
  const last = attempts.at(-1);
  const isWhole =
    last !== undefined &&
    attempts.length === container.attempts.length &&
    last.outcome === container.attempts.at(-1)?.outcome;
  if (isWhole) return { ...container, attempts };
  return {
    ...container,
    attempts,
    state: last === undefined ? 'notReached' : last.outcome,
    done: last?.outcome === 'succeeded',
    waitingReason: null,
    waitingMessage: null,
    category: last?.category ?? null,
    categoryEvidence: last?.categoryEvidence ?? null,
    missedAttempts: attempts.length === 0 ? 0 : container.missedAttempts,
    restartCount: Math.max(0, attempts.length - 1),
  };
}

const attemptAt = (attempt: Attempt, at: number): Attempt =>
  attempt.finishedAt === null || isBy(attempt.finishedAt, at)
    ? attempt
    : {
        ...attempt,
        finishedAt: null,
        duration: since(attempt.startedAt, at),
        exitCode: null,
        signal: null,
        reason: null,
        message: null,
        outcome: 'running',
        category: null,
        categoryEvidence: null,
      };

/** From a stamp that was cut to whole seconds up to a moment that is known. */
function since(start: string | null, at: number): Duration {
  if (start === null) return notBegun;
  const seconds = (at - Date.parse(start)) / 1000;
  return { seconds, lo: Math.max(0, seconds - 1), hi: seconds + 1, certainty: 'exact' };
}

const cut = (whole: Duration, start: string | null, until: number): Duration => {
  const short = since(start, until);
  return whole.seconds !== null && short.seconds !== null && whole.seconds <= short.seconds ? whole : short;
};

function restarts(cycles: readonly Cycle[]): number {
  const instances = new Map<string, number>();
  for (const { name, attempts, missedAttempts } of cycles.flatMap(({ initContainers }) => initContainers)) {
    instances.set(name, (instances.get(name) ?? 0) + attempts.length + missedAttempts);
  }
  return [...instances.values()].reduce((sum, count) => sum + Math.max(0, count - 1), 0);
}

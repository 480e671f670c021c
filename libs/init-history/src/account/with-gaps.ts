/** Joins gaps to every duration that they touch: in between, something may have gone unseen. */
import type { Attempt, Cycle, Duration, InitContainerAccount, PhaseSlice, PodAccount } from '../account.js';
import type { GapContext } from '../context.js';
import { gapsTouching } from '../gaps.js';
import type { PhaseOfTime } from '../taxonomy.js';
import { millis, rfc3339 } from '../time.js';
import { mapped } from './going-on.js';

type Span = Readonly<{ from: string | null; to: string | null }>;

/** Of a duration whose end is known by its bounds alone, the latest that it can have been. */
function endOf({ from, to }: Span, { hi, running }: Duration): string | null {
  if (to !== null || running || hi === null) return to;
  const start = millis(from);
  return start === null ? null : rfc3339(start + hi * 1000);
}

type Join = (duration: Duration, span: Span, resources?: readonly string[]) => Duration;

const joinWith =
  (gaps: readonly GapContext[]): Join =>
  (duration, span, resources = ['pods']) => {
    if (duration.seconds === null && duration.hi === null) return duration;
    const to = endOf(span, duration);
    const positions = resources
      .flatMap((resource) => gapsTouching(gaps, span.from, to, resource))
      .map((gap) => gap.position)
      .toSorted((a, b) => a - b);
    return positions.length === 0 ? duration : { ...duration, gaps: positions };
  };

/** What only Events tell of is touched by their gaps as well. */
const byEvents: ReadonlySet<PhaseOfTime> = new Set(['pullQueue', 'pull', 'create', 'appPull', 'unaccounted']);

/** With another duration; itself where that is the same. */
const withDuration = <Told extends Readonly<{ duration: Duration }>>(told: Told, duration: Duration): Told =>
  duration === told.duration ? told : { ...told, duration };

const slice = (one: PhaseSlice, join: Join): PhaseSlice =>
  withDuration(one, join(one.duration, one, byEvents.has(one.phase) ? ['pods', 'events'] : ['pods']));

const attempt = (one: Attempt, join: Join): Attempt =>
  withDuration(one, join(one.duration, { from: one.startedAt, to: one.finishedAt }));

function initContainer(one: InitContainerAccount, join: Join): InitContainerAccount {
  const attempts = mapped(one.attempts, (each) => attempt(each, join));
  return attempts === one.attempts ? one : { ...one, attempts };
}

/** What no gap touches stays the same object. */
function cycle(one: Cycle, join: Join): Cycle {
  const told = withDuration(one, join(one.duration, { from: one.startedAt, to: one.endedAt }));
  const phases = mapped(one.phases, (phase) => slice(phase, join));
  const initContainers = mapped(one.initContainers, (container) => initContainer(container, join));
  return phases === one.phases && initContainers === one.initContainers ? told : { ...told, phases, initContainers };
}

/**
 * @param gaps of the pod's shard, in the order of their positions
 * @param scheduledAt when the pod was bound to its node, which the account leaves out
 */
export function withGaps(account: PodAccount, gaps: readonly GapContext[], scheduledAt: string | null): PodAccount {
  if (gaps.length === 0) return account;
  const join = joinWith(gaps);
  const newest = account.cycles.at(-1) ?? null;
  const [began, ended] = [newest?.startedAt ?? null, newest?.endedAt ?? null];
  return {
    ...account,
    duration: join(account.duration, { from: began, to: ended }),
    sinceCreation: join(account.sinceCreation, { from: account.createdAt, to: ended }),
    sinceScheduled: join(account.sinceScheduled, { from: scheduledAt, to: ended }),
    toAppStarted: join(account.toAppStarted, { from: began, to: null }),
    cycles: account.cycles.map((one) => cycle(one, join)),
  };
}

/** Init containers as happenings make them: attempts, waits, counts. */
import { sourceOfEnd } from '../category-source.js';
import {
  containerOf,
  type AttemptEnd,
  type AttemptHistory,
  type InitContainerHistory,
  type PodHistory,
} from '../history.js';
import { positionOf, type Of } from './of.js';

function withContainer(
  history: PodHistory,
  name: string | null,
  change: (known: InitContainerHistory) => Partial<InitContainerHistory>,
): PodHistory {
  if (name === null) return history;
  const known = containerOf(history, name);
  return { ...history, containers: { ...history.containers, [name]: { ...known, ...change(known) } } };
}

const withAttempt = (
  known: InitContainerHistory,
  containerId: string | null,
  change: (attempt: AttemptHistory) => Partial<AttemptHistory>,
): readonly AttemptHistory[] =>
  known.attempts.map((attempt) => (attempt.containerId === containerId ? { ...attempt, ...change(attempt) } : attempt));

const closed = (waits: InitContainerHistory['waits'], to: string): InitContainerHistory['waits'] =>
  waits.map((wait, i) => (i === waits.length - 1 && wait.to === null ? { ...wait, to } : wait));

export function started(history: PodHistory, happening: Of<'InitContainerStarted'>): PodHistory {
  return withContainer(history, happening.container, (known) => {
    if (known.attempts.some((attempt) => attempt.containerId === happening.containerId)) return {};
    const attempt: AttemptHistory = {
      containerId: happening.containerId,
      cycle: happening.cycle,
      number: happening.attempt,
      restartCount: happening.restartCount,
      image: happening.image,
      imageId: happening.imageId,
      startedAt: happening.at,
      sidecarStartedAt: null,
      sidecarNotBefore: null,
      end: null,
      basis: happening.basis,
      observedAt: happening.observedAt,
      position: positionOf(happening),
    };
    const until = happening.at ?? happening.observedAt;
    const waits = closed(known.waits, until);
    return { attempts: [...known.attempts, attempt], waiting: null, waits, imageChange: null };
  });
}

/** The first of several changes counts from what it was. */
export function specChanged(history: PodHistory, happening: Of<'InitContainerSpecChanged'>): PodHistory {
  if (happening.field !== 'image') return history;
  return withContainer(history, happening.container, ({ attempts, imageChange }) => {
    const newest = attempts.at(-1);
    const running = newest?.end === null ? newest.containerId : null;
    const from = imageChange?.from ?? happening.from;
    return { imageChange: { from, to: happening.to, running, position: positionOf(happening) } };
  });
}

export function finished(history: PodHistory, happening: Of<'InitContainerFinished'>): PodHistory {
  const end: AttemptEnd = {
    outcome: happening.outcome,
    finishedAt: happening.at,
    exitCode: happening.exitCode,
    signal: happening.signal,
    reason: happening.reason,
    message: happening.message,
    category: happening.category,
    categorySource: happening.categorySource,
    observedAt: happening.observedAt,
    position: positionOf(happening),
    happening: happening.id,
  };
  return withContainer(history, happening.container, (known) => ({
    attempts: withAttempt(known, happening.containerId, (attempt) => ({
      end,
      startedAt: attempt.startedAt ?? happening.startedAt,
      basis: attempt.basis === 'observed' ? happening.basis : attempt.basis,
    })),
  }));
}

export function outcomeUnknown(history: PodHistory, happening: Of<'InitContainerOutcomeUnknown'>): PodHistory {
  const end: AttemptEnd = {
    outcome: 'unknown',
    finishedAt: null,
    exitCode: null,
    signal: null,
    reason: happening.reason,
    message: happening.message,
    category: 'UNKNOWN_OUTCOME',
    categorySource: sourceOfEnd(happening.container ?? '', {
      category: 'UNKNOWN_OUTCOME',
      exitCode: null,
      reason: null,
    }),
    observedAt: happening.observedAt,
    position: positionOf(happening),
    happening: happening.id,
  };
  return withContainer(history, happening.container, (known) => ({
    attempts: withAttempt(known, happening.containerId, () => ({ end, basis: 'inferred' })),
    saidDone: happening.reason === 'Completed' ? [...known.saidDone, happening.cycle] : known.saidDone,
  }));
}

export function awaits(history: PodHistory, happening: Of<'InitContainerWaiting'>): PodHistory {
  return withContainer(history, happening.container, (known) => {
    const since = happening.at ?? happening.observedAt;
    const { cycle, category } = happening;
    const open = known.waits.at(-1);
    const goesOn = open?.to === null && open.cycle === cycle && open.category === category;
    const next = { cycle, category, from: since, to: null };
    const before = known.waiting;
    const same = before?.cycle === happening.cycle && before.category === happening.category;
    return {
      waitSeq: happening.waitSeq,
      waits: goesOn ? known.waits : [...closed(known.waits, since), next],
      waiting: {
        cycle: happening.cycle,
        reason: happening.reason,
        message: happening.message,
        category: happening.category,
        since,
        categorySince: same ? before.categorySince : since,
        seq: happening.waitSeq,
        position: positionOf(happening),
      },
    };
  });
}

export const missed = (history: PodHistory, happening: Of<'InitContainerAttemptsMissed'>): PodHistory =>
  withContainer(history, happening.container, (known) => ({
    missed: { ...known.missed, [happening.cycle]: (known.missed[happening.cycle] ?? 0) + happening.count },
  }));

export const counterReset = (history: PodHistory, happening: Of<'RestartCounterReset'>): PodHistory =>
  withContainer(history, happening.container, ({ resets }) => ({ resets: resets + 1 }));

export const sidecarStarted = (history: PodHistory, happening: Of<'SidecarStarted'>): PodHistory =>
  withContainer(history, happening.container, (known) => ({
    attempts: withAttempt(known, happening.containerId, () => ({
      sidecarStartedAt: happening.at ?? happening.observedAt,
      sidecarNotBefore: happening.notBefore,
    })),
  }));

export const skipped = (history: PodHistory, happening: Of<'InitContainerSkipped'>): PodHistory => {
  const { cycle, kubeletVersion } = happening;
  const skip = { cycle, kubeletVersion, position: positionOf(happening) };
  return withContainer(history, happening.container, ({ skips }) => ({ skips: [...skips, skip] }));
};

/** Cycles as happenings make them: begun, completed, ended otherwise. */
import type { CycleOutcome } from '../account.js';
import type {
  AppContainersStarted,
  InitializationAborted,
  InitializationCompleted,
  InitializationFailed,
  InitializationStarted,
} from '../happenings/of-cycle.js';
import type { CycleHistory, PodHistory } from '../history.js';
import { positionOf } from './of.js';

/** The history with one of its cycles changed. */
export const withCycle = (
  history: PodHistory,
  number: number,
  change: (cycle: CycleHistory) => Partial<CycleHistory>,
): PodHistory => ({
  ...history,
  cycles: history.cycles.map((cycle) => (cycle.number === number ? { ...cycle, ...change(cycle) } : cycle)),
});

/** Of a cycle that goes on. */
export const unended = {
  outcome: 'running',
  endedAt: null,
  endNotBefore: null,
  endBasis: null,
  endHappening: null,
  endPosition: null,
  category: null,
  categorySource: null,
  abortCause: null,
  reason: null,
  message: null,
} as const satisfies Partial<CycleHistory>;

/** A cycle that is told again has its beginning corrected and keeps the rest. */
export function begun(history: PodHistory, happening: InitializationStarted): PodHistory {
  const beginning = {
    cause: happening.cause,
    happening: happening.id,
    startedAt: happening.at,
    startNotBefore: happening.notBefore,
    bootId: happening.bootId,
    evidence: happening.evidence,
  };
  if (history.cycles.some((cycle) => cycle.number === happening.cycle)) {
    return withCycle(history, happening.cycle, () => beginning);
  }
  const { losses, ready, readyAt } = history.sandbox;
  // Of the first pass that is known of: its sandbox was lost before anybody looked, and no other pass is proven yet.
  const isFirst = happening.cause === 'first';
  const sandboxReadyAt = (happening.cycle === 1 && !isFirst) || isFirst === (losses.length === 0) ? readyAt : null;
  const cycle: CycleHistory = {
    ...beginning,
    ...unended,
    number: happening.cycle,
    observedAt: happening.observedAt,
    gap: happening.gap,
    position: positionOf(happening),
    sandboxReadyAt,
    sandboxIncludesPull: sandboxReadyAt !== null && (ready?.includesPull ?? false),
    app: null,
  };
  return {
    ...history,
    cycles: [...history.cycles, cycle],
    sandbox: { ...history.sandbox, losses: isFirst ? losses : [] },
  };
}

export const completed = (history: PodHistory, happening: InitializationCompleted): PodHistory =>
  withCycle(history, happening.cycle, () => ({
    outcome: 'completed',
    endedAt: happening.at,
    endNotBefore: happening.notBefore,
    endBasis: happening.basis,
    endHappening: happening.id,
    endPosition: positionOf(happening),
    category: null,
    categorySource: null,
    abortCause: null,
    reason: null,
    message: null,
  }));

const outcomeOf = (
  happening: InitializationFailed | InitializationAborted,
): Exclude<CycleOutcome, 'running' | 'completed'> => {
  if (happening.type === 'InitializationFailed') return 'failed';
  return happening.cause === 'unknown' ? 'unknown' : 'aborted';
};

/** Before the first cycle it ends the pod's waiting for one. */
export function ended(history: PodHistory, happening: InitializationFailed | InitializationAborted): PodHistory {
  const outcome = outcomeOf(happening);
  const { category, categorySource, reason, message } = happening;
  if (happening.cycle === 0) {
    return {
      ...history,
      endedEarly: {
        outcome,
        category,
        categorySource,
        at: happening.at,
        reason,
        message,
        happening: happening.id,
        position: positionOf(happening),
      },
    };
  }
  return withCycle(history, happening.cycle, () => ({
    outcome,
    endedAt: happening.at,
    endNotBefore: null,
    endBasis: happening.basis,
    endHappening: happening.id,
    endPosition: positionOf(happening),
    category,
    categorySource,
    abortCause: happening.type === 'InitializationAborted' ? happening.cause : null,
    reason,
    message,
  }));
}

export const appStarted = (history: PodHistory, happening: AppContainersStarted): PodHistory =>
  withCycle(history, happening.cycle, () => ({
    app: { container: happening.container ?? '', startedAt: happening.at },
  }));

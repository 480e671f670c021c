/** Folds one happening into a pod's history. It never throws and never rejects: what has no use changes nothing. */
import type { Happening } from './happenings.js';
import {
  containerOf,
  cycleNumber,
  type AttemptEnd,
  type AttemptHistory,
  type CycleHistory,
  type InitContainerHistory,
  type PodHistory,
} from './history.js';
import { withEvent } from './evolve-events.js';
import { begun, completed, ended, withCycle } from './evolve-cycles.js';
import { isSidecar, viewOf } from './snapshot.js';

type Of<Type extends Happening['type']> = Extract<Happening, { type: Type }>;

const positionOf = (happening: Happening): number => happening.evidence.at(-1) ?? 0;

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

function started(history: PodHistory, happening: Of<'InitContainerStarted'>): PodHistory {
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
    return { attempts: [...known.attempts, attempt], waiting: null, waits: closed(known.waits, until) };
  });
}

function finished(history: PodHistory, happening: Of<'InitContainerFinished'>): PodHistory {
  const end: AttemptEnd = {
    outcome: happening.outcome,
    finishedAt: happening.at,
    exitCode: happening.exitCode,
    signal: happening.signal,
    reason: happening.reason,
    message: happening.message,
    category: happening.category,
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

function outcomeUnknown(history: PodHistory, happening: Of<'InitContainerOutcomeUnknown'>): PodHistory {
  const end: AttemptEnd = {
    outcome: 'unknown',
    finishedAt: null,
    exitCode: null,
    signal: null,
    reason: happening.reason,
    message: happening.message,
    category: 'UNKNOWN_OUTCOME',
    position: positionOf(happening),
    happening: happening.id,
  };
  return withContainer(history, happening.container, (known) => ({
    attempts: withAttempt(known, happening.containerId, () => ({ end, basis: 'inferred' })),
    saidDone: happening.reason === 'Completed' ? [...known.saidDone, happening.cycle] : known.saidDone,
  }));
}

const closed = (waits: InitContainerHistory['waits'], to: string): InitContainerHistory['waits'] =>
  waits.map((wait, i) => (i === waits.length - 1 && wait.to === null ? { ...wait, to } : wait));

function waits(history: PodHistory, happening: Of<'InitContainerWaiting'>): PodHistory {
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

function sandboxLost(history: PodHistory, happening: Of<'SandboxLost'>): PodHistory {
  const ran = Object.values(history.containers).some((container) =>
    container.attempts.some((attempt) => attempt.cycle === cycleNumber(history)),
  );
  const appRan = Object.keys(history.tally.apps).length > 0;
  const suspected = { lostAt: happening.at, readyAt: null, position: positionOf(happening) };
  return {
    ...history,
    sandbox: {
      ...history.sandbox,
      lostAt: happening.at,
      suspected: ran || appRan ? (history.sandbox.suspected ?? suspected) : null,
      evidence: [...history.sandbox.evidence, positionOf(happening)],
    },
  };
}

function sandboxReady(history: PodHistory, happening: Of<'SandboxReady'>): PodHistory {
  const { suspected } = history.sandbox;
  const sandbox = {
    ordinal: happening.ordinal,
    readyAt: happening.at,
    lostAt: null,
    suspected: suspected && { ...suspected, readyAt: happening.at },
    evidence: [...history.sandbox.evidence, positionOf(happening)],
  };
  const mine = (cycle: CycleHistory): Partial<CycleHistory> =>
    suspected === null && cycle.sandboxReadyAt === null
      ? { sandboxReadyAt: happening.at, sandboxIncludesPull: happening.includesFirstImagePull }
      : {};
  return withCycle({ ...history, sandbox }, cycleNumber(history), mine);
}

function firstObserved(history: PodHistory, happening: Of<'PodFirstObserved'>): PodHistory {
  const first = {
    position: positionOf(happening),
    observedAt: happening.observedAt,
    complete: happening.historyComplete,
  };
  return { ...history, uid: happening.uid, first };
}

function blocked(history: PodHistory, happening: Of<'SchedulingBlocked'>): PodHistory {
  const { reason, message, at, observedAt } = happening;
  const since = history.scheduling?.reason === reason ? history.scheduling.since : at;
  const ungated = history.scheduling?.reason === 'SchedulingGated' && reason !== 'SchedulingGated';
  return {
    ...history,
    scheduling: { reason, message, since, observedAt },
    ungatedAt: ungated ? observedAt : history.ungatedAt,
  };
}

function scheduled(history: PodHistory, happening: Of<'PodScheduled'>): PodHistory {
  const ungated = history.scheduling?.reason === 'SchedulingGated';
  return {
    ...history,
    scheduledAt: happening.at ?? happening.observedAt,
    ungatedAt: ungated ? (history.ungatedAt ?? happening.observedAt) : history.ungatedAt,
    scheduling: null,
  };
}

function ofContainer(history: PodHistory, happening: Happening): PodHistory {
  switch (happening.type) {
    case 'InitContainerStarted':
      return started(history, happening);
    case 'InitContainerFinished':
      return finished(history, happening);
    case 'InitContainerOutcomeUnknown':
      return outcomeUnknown(history, happening);
    case 'InitContainerWaiting':
      return waits(history, happening);
    case 'InitContainerAttemptsMissed':
      return withContainer(history, happening.container, ({ missed }) => ({
        missed: { ...missed, [happening.cycle]: (missed[happening.cycle] ?? 0) + happening.count },
      }));
    case 'RestartCounterReset':
      return withContainer(history, happening.container, ({ resets }) => ({ resets: resets + 1 }));
    case 'SidecarStarted':
      return withContainer(history, happening.container, (known) => ({
        attempts: withAttempt(known, happening.containerId, () => ({
          sidecarStartedAt: happening.at ?? happening.observedAt,
          sidecarNotBefore: happening.notBefore,
        })),
      }));
    case 'InitContainerSkipped':
      return withContainer(history, happening.container, ({ skippedIn }) => ({
        skippedIn: [...skippedIn, happening.cycle],
      }));
    default:
      return history;
  }
}

/** Folds one happening in. */
export function evolve(history: PodHistory, happening: Happening): PodHistory {
  switch (happening.type) {
    case 'PodFirstObserved':
      return firstObserved(history, happening);
    case 'SchedulingBlocked':
      return blocked(history, happening);
    case 'PodScheduled':
      return scheduled(history, happening);
    case 'SandboxLost':
      return sandboxLost(history, happening);
    case 'SandboxReady':
      return sandboxReady(history, happening);
    case 'InitializationStarted':
      return begun(history, happening);
    case 'InitializationCompleted':
      return completed(history, happening);
    case 'InitializationFailed':
    case 'InitializationAborted':
      return ended(history, happening);
    case 'AppContainersStarted':
      return withCycle(history, happening.cycle, () => ({
        app: { container: happening.container ?? '', startedAt: happening.at },
      }));
    case 'DisruptionAnnounced': {
      const { reason, message, at } = happening;
      return { ...history, disruption: { reason, message, at, position: positionOf(happening) } };
    }
    case 'PodDeletionRequested':
      return { ...history, deletion: { requestedAt: happening.at, position: positionOf(happening) } };
    case 'PodDeleted': {
      const { how, at, between } = happening;
      return { ...history, gone: { how, at, between, position: positionOf(happening) } };
    }
    case 'ClusterEventRecorded':
      return withEvent(history, happening);
    case 'InitContainerStarted':
    case 'InitContainerFinished':
    case 'InitContainerOutcomeUnknown':
    case 'InitContainerWaiting':
    case 'InitContainerAttemptsMissed':
    case 'RestartCounterReset':
    case 'SidecarStarted':
    case 'InitContainerSkipped':
      return ofContainer(history, happening);
    // Told for the reader; what they say is in the parts, or in another happening.
    case 'PodAcceptedByNode':
    case 'PodRejectedByNode':
    case 'ConditionChanged':
    case 'InitContainerSpecChanged':
    case 'InitContainerBackoffEntered':
    case 'ObservationGap':
      return history;
  }
}

/** The pod as happenings make it: found, scheduled, its sandbox, its end. */
import {
  cycleNumber,
  faceOf,
  type CycleHistory,
  type PodHistory,
  type SandboxLoss,
  type SandboxReading,
} from '../history.js';
import { unended, withCycle } from './cycles.js';
import { positionOf, type Of } from './of.js';

export function firstObserved(history: PodHistory, happening: Of<'PodFirstObserved'>): PodHistory {
  const first = {
    position: positionOf(happening),
    observedAt: happening.observedAt,
    complete: happening.historyComplete,
    mirrorBefore: happening.mirrorBefore,
  };
  return { ...history, uid: happening.uid, first, unseen: null };
}

/** Told from its Events: from now on it is told that way, until a frame shows it. */
export const knownFromEvents = (history: PodHistory, happening: Of<'PodKnownFromEvents'>): PodHistory =>
  history.unseen === null ? history : { ...history, unseen: { ...history.unseen, happening: happening.id } };

export function blocked(history: PodHistory, happening: Of<'SchedulingBlocked'>): PodHistory {
  const { reason, message, at, observedAt } = happening;
  const since = history.scheduling?.reason === reason ? history.scheduling.since : at;
  const ungated = history.scheduling?.reason === 'SchedulingGated' && reason !== 'SchedulingGated';
  return {
    ...history,
    scheduling: { reason, message, since, observedAt, position: positionOf(happening) },
    ...(ungated && history.ungatedAt === null ? { ungatedAt: observedAt } : {}),
    blocks: history.blocks + 1,
  };
}

export function scheduled(history: PodHistory, happening: Of<'PodScheduled'>): PodHistory {
  const ungated = history.scheduling?.reason === 'SchedulingGated';
  const scheduledAt = happening.at ?? happening.observedAt;
  return {
    ...history,
    scheduledAt,
    ...(ungated && history.ungatedAt === null ? { ungatedAt: scheduledAt } : {}),
    scheduling: null,
  };
}

export const accepted = (history: PodHistory, happening: Of<'PodAcceptedByNode'>): PodHistory => ({
  ...history,
  acceptedAt: happening.at,
});

/** A disruption that was announced may be called off: its condition turns False (semantics 3.3). */
export function conditionChanged(history: PodHistory, happening: Of<'ConditionChanged'>): PodHistory {
  const { condition, to, reason, at } = happening;
  const known = history.faces[condition];
  const told = known?.at === at ? known.told : [];
  return {
    ...history,
    faces: { ...history.faces, [condition]: { at, told: [...told, faceOf(to, reason)].slice(-keptFaces) } },
    disruption: condition === 'DisruptionTarget' && to !== 'True' ? null : history.disruption,
  };
}

/** Faces of a condition that are kept of one second. */
const keptFaces = 16;

/** A loss before anything had run is none: a sandbox that could not be made whole is made again (semantics 4.2, SandboxChanged). */
export function sandboxLost(history: PodHistory, happening: Of<'SandboxLost'>): PodHistory {
  const { sandbox } = history;
  const loss: SandboxLoss = {
    lostAt: happening.at,
    readyAt: null,
    podIP: happening.podIP,
    suspicion: null,
    position: positionOf(happening),
  };
  return {
    ...history,
    sandbox: {
      ...sandbox,
      lostAt: happening.at,
      losses: happening.hadRun ? [...sandbox.losses, loss].slice(-keptLosses) : sandbox.losses,
    },
  };
}

/** Losses in a row that are kept while no container confirms them. */
const keptLosses = 8;

const readingOf = (happening: Of<'SandboxReady'>): SandboxReading => ({
  happening: happening.id,
  position: positionOf(happening),
  podIP: happening.podIP,
  includesPull: happening.includesFirstImagePull,
  kubeletVersion: happening.kubeletVersion,
});

/** The same sandbox, told again by who knows its kubelet: what its time is worth is another, in every cycle that has it. */
function sandboxReread(history: PodHistory, happening: Of<'SandboxReady'>): PodHistory {
  const { includesFirstImagePull: sandboxIncludesPull, at } = happening;
  return {
    ...history,
    sandbox: { ...history.sandbox, ready: readingOf(happening) },
    cycles: history.cycles.map((cycle) =>
      at !== null && cycle.sandboxReadyAt === at ? { ...cycle, sandboxIncludesPull } : cycle,
    ),
  };
}

export function sandboxReady(history: PodHistory, happening: Of<'SandboxReady'>): PodHistory {
  if (happening.supersedes !== null) return sandboxReread(history, happening);
  const { losses } = history.sandbox;
  const sandbox = {
    ordinal: happening.ordinal,
    readyAt: happening.at,
    ready: readingOf(happening),
    lostAt: null,
    losses: losses.map((loss, i) => (i === losses.length - 1 ? { ...loss, readyAt: happening.at } : loss)),
  };
  const mine = (cycle: CycleHistory): Partial<CycleHistory> =>
    losses.length === 0 && cycle.sandboxReadyAt === null
      ? { sandboxReadyAt: happening.at, sandboxIncludesPull: happening.includesFirstImagePull }
      : {};
  return withCycle({ ...history, sandbox }, cycleNumber(history), mine);
}

/** The newest loss is suspected to be the beginning of another cycle. */
export const suspected = (history: PodHistory, happening: Of<'ReinitializationSuspected'>): PodHistory => {
  const { losses } = history.sandbox;
  const told = losses.map((loss, i) => (i === losses.length - 1 ? { ...loss, suspicion: happening.id } : loss));
  return { ...history, sandbox: { ...history.sandbox, losses: told } };
};

export const disrupted = (history: PodHistory, happening: Of<'DisruptionAnnounced'>): PodHistory => {
  const { reason, message, at } = happening;
  return { ...history, disruption: { reason, message, at, position: positionOf(happening) } };
};

export const deletionRequested = (history: PodHistory, happening: Of<'PodDeletionRequested'>): PodHistory => ({
  ...history,
  deletion: { requestedAt: happening.at, position: positionOf(happening) },
});

export const deleted = (history: PodHistory, happening: Of<'PodDeleted'>): PodHistory => {
  const { how, at, between, endedIt } = happening;
  const gone = { how, at, between, endedIt, position: positionOf(happening), happening: happening.id };
  return { ...history, gone, goings: history.goings + 1 };
};

/** What ended only because it was thought gone goes on. */
export function seenAgain(history: PodHistory): PodHistory {
  const back = { ...history, gone: null, deletion: null };
  if (!history.gone?.endedIt) return back;
  return withCycle({ ...back, endedEarly: null }, cycleNumber(history), () => unended);
}

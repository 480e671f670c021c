import type { Happening as Derived, HappeningType } from '#libs/init-history';
import type { Happening } from '#libs/reports';
import type { Moment } from './postmortem.schema.js';

/** One happening as a line of the story. */
export function moment(happening: Happening): Moment {
  const { at, observedAt, type, container, basis, evidence } = happening;
  return { at, observedAt, what: type, container, detail: detail(happening), basis, evidence };
}

type Details = Readonly<{ [Type in HappeningType]: (happening: Extract<Derived, { type: Type }>) => string | null }>;

const nothing = (): null => null;

/** What a line says beside its name; the compiler asks for every happening. */
const details: Details = {
  PodFirstObserved: ({ historyComplete }) =>
    historyComplete ? 'from its beginning' : 'found when it was already under way',
  PodKnownFromEvents: ({ proven }) => `no frame showed it; Events prove ${proven.length} things of it`,
  SchedulingBlocked: ({ reason, message }) => because(reason, message),
  PodScheduled: ({ node }) => node,
  PodAcceptedByNode: ({ node }) => node,
  PodRejectedByNode: ({ reason, message }) => because(reason, message),
  SandboxReady: ({ ordinal }) => `sandbox ${ordinal}`,
  SandboxLost: nothing,
  ReinitializationSuspected: ({ suspects }) => `cycle ${suspects} may have begun`,
  InitializationStarted: ({ cycle, cause }) => `cycle ${cycle}: ${cause}`,
  InitContainerWaiting: ({ reason, message }) => because(reason, message),
  InitContainerStarted: ({ attempt }) => `attempt ${attempt}`,
  InitContainerFinished: ({ attempt, outcome, exitCode, reason, message }) =>
    `attempt ${attempt} ${outcome}, exit code ${exitCode ?? 'unknown'} (${because(reason ?? 'no reason', message)})`,
  InitContainerOutcomeUnknown: ({ reason, message }) => because(reason ?? 'unknown', message),
  InitContainerBackoffEntered: ({ kind, delaySeconds }) =>
    delaySeconds === null ? kind : `${kind}, ${delaySeconds} s`,
  InitContainerAttemptsMissed: ({ count }) => `${count} attempts were never shown`,
  RestartCounterReset: ({ from, to }) => `restartCount fell from ${from} to ${to}`,
  SidecarStarted: nothing,
  InitContainerSkipped: ({ kubeletVersion }) => kubeletVersion && `by kubelet ${kubeletVersion}`,
  InitializationCompleted: ({ attempts }) => `after ${attempts} attempts`,
  InitializationFailed: ({ reason, category, message }) => because(reason ?? category, message),
  InitializationAborted: ({ cause, message }) => because(cause, message),
  AppContainersStarted: nothing,
  ConditionChanged: ({ condition, from, to }) => `${condition}: ${from ?? 'absent'} to ${to ?? 'absent'}`,
  DisruptionAnnounced: ({ reason, message }) => because(reason, message),
  InitContainerSpecChanged: ({ field, from, to }) => `${field}: ${from ?? 'none'} to ${to ?? 'none'}`,
  InitContainerResized: ({ from, to }) => `${from ?? 'none'} to ${to ?? 'none'}`,
  SidecarReplaced: ({ from, to }) => `image ${from ?? 'unknown'} to ${to ?? 'unknown'}`,
  PodDeletionRequested: ({ graceSeconds }) => (graceSeconds === null ? null : `with ${graceSeconds} s of grace`),
  PodDeleted: ({ between }) => (between ? `between ${between.lastSeen} and ${between.foundMissing}` : null),
  PodSeenAgain: nothing,
  ClusterEventRecorded: ({ reason, message }) => because(reason, message),
  ObservationGap: ({ resource, from, to, cause }) => `${resource} could not be seen from ${from} to ${to} (${cause})`,
};

function detail(happening: Happening): string | null {
  // an older or newer rules version may have told something that these rules do not know
  const known = details as unknown as Readonly<Record<string, (one: Happening) => string | null>>;
  return known[happening.type]?.(happening) ?? null;
}

function because(reason: string, message: string | null): string {
  return message ? `${reason}: ${message.trim()}` : reason;
}

import type { Happening } from '#libs/init-history';
import type { Moment } from './postmortem.js';

/** One happening as a line of the story; positions are written as `shard:number`. */
export function moment(happening: Happening, shard: number): Moment {
  return {
    at: happening.at,
    observedAt: happening.observedAt,
    what: happening.type,
    container: happening.container,
    detail: detail(happening),
    basis: happening.basis,
    evidence: happening.evidence.map((position) => `${shard}:${position}`),
  };
}

function detail(happening: Happening): string | null {
  return ofPod(happening) ?? ofContainer(happening);
}

function ofPod(happening: Happening): string | null {
  switch (happening.type) {
    case 'PodFirstObserved':
      return happening.historyComplete ? 'from its beginning' : 'found when it was already under way';
    case 'PodScheduled':
    case 'PodAcceptedByNode':
      return happening.node;
    case 'SchedulingBlocked':
    case 'PodRejectedByNode':
    case 'DisruptionAnnounced':
      return because(happening.reason, happening.message);
    case 'InitializationStarted':
      return `cycle ${happening.cycle}: ${happening.cause}`;
    case 'InitializationCompleted':
      return `after ${happening.attempts} attempts`;
    case 'InitializationFailed':
      return because(happening.reason ?? happening.category, happening.message);
    case 'InitializationAborted':
      return because(happening.cause, happening.message);
    case 'ConditionChanged':
      return `${happening.condition}: ${happening.from ?? 'absent'} to ${happening.to ?? 'absent'}`;
    case 'PodDeletionRequested':
      return happening.graceSeconds === null ? null : `with ${happening.graceSeconds} s of grace`;
    case 'PodDeleted':
      return happening.between ? `between ${happening.between.lastSeen} and ${happening.between.foundMissing}` : null;
    case 'ObservationGap':
      return `${happening.resource} could not be seen from ${happening.from} to ${happening.to} (${happening.cause})`;
    case 'ClusterEventRecorded':
      return because(happening.reason, happening.message);
    default:
      return null;
  }
}

function ofContainer(happening: Happening): string | null {
  switch (happening.type) {
    case 'InitContainerWaiting':
      return because(happening.reason, happening.message);
    case 'InitContainerStarted':
      return `attempt ${happening.attempt}`;
    case 'InitContainerFinished':
      return `attempt ${happening.attempt} ${happening.outcome}, exit code ${happening.exitCode ?? 'unknown'} (${because(happening.reason ?? 'no reason', happening.message)})`;
    case 'InitContainerOutcomeUnknown':
      return because(happening.reason ?? 'unknown', happening.message);
    case 'InitContainerBackoffEntered':
      return happening.delaySeconds === null ? happening.kind : `${happening.kind}, ${happening.delaySeconds} s`;
    case 'InitContainerAttemptsMissed':
      return `${happening.count} attempts were never shown`;
    case 'RestartCounterReset':
      return `restartCount fell from ${happening.from} to ${happening.to}`;
    case 'InitContainerSpecChanged':
      return `${happening.from ?? 'unknown'} to ${happening.to ?? 'unknown'}`;
    default:
      return null;
  }
}

function because(reason: string, message: string | null): string {
  return message ? `${reason}: ${message.trim()}` : reason;
}

/** Kubernetes Events as a history keeps them: what bounds a phase of time, and the newest of each trouble. */
import type { ClusterEventRecorded } from '../happenings/of-watch.js';
import type { EventCount, PodHistory } from '../history.js';
import { phaseOfEvent } from '../kube-events.js';

/** Pulls that are kept; a pod that retries for ever tells of thousands. */
const keptPulls = 64;

/** Event objects whose counts are kept. */
const keptEvents = 256;

function counted(history: PodHistory, happening: ClusterEventRecorded): PodHistory['eventCounts'] {
  const others: Record<string, EventCount> = { ...history.eventCounts };
  delete others[happening.eventName];
  const uids = Object.keys(others);
  const oldest = uids.length >= keptEvents ? uids[0] : undefined;
  if (oldest !== undefined) delete others[oldest];
  const { eventName, eventUid: uid, count, at } = happening;
  return { ...others, [eventName]: { uid, count, at } };
}

export function withEvent(history: PodHistory, happening: ClusterEventRecorded): PodHistory {
  const position = happening.evidence.at(-1) ?? 0;
  const { container, reason, message, at, firstAt, count, delta, parsed, observedAt } = happening;
  const trouble = { reason, container, message, firstAt, at, count, parsed, position };
  const troubles =
    happening.eventType === 'Normal' && reason !== 'SandboxChanged'
      ? history.troubles
      : { ...history.troubles, [`${reason}|${container ?? ''}`]: trouble };
  const aboutImage = parsed !== null && phaseOfEvent[parsed.kind] === 'pull';
  const pulls = aboutImage
    ? [...history.pulls, { container, parsed, firstAt, at, delta, observedAt, position }].slice(-keptPulls)
    : history.pulls;
  return { ...history, eventCounts: counted(history, happening), troubles, pulls };
}

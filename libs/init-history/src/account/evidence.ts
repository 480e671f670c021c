/** What decided the categories that are told (semantics 3.5): the field or the Event, what it said, the observation. */
import type { CategoryEvidence } from '../account.js';
import { podSources, sourceOfEarlyEnd, sourceOfWaiting } from '../category-source.js';
import {
  attemptsIn,
  type AttemptEnd,
  type AttemptHistory,
  type CycleHistory,
  type PodHistory,
  type TroubleHistory,
} from '../history.js';
import { cappedReason, decideEnd, type Category } from '../taxonomy.js';

/** Why something does not go on, or ended as it did. */
export type Why = Readonly<{ category: Category; evidence: CategoryEvidence }>;

const evidence = (source: string, reason: string, position: number | null): CategoryEvidence => ({
  source,
  reason: cappedReason(reason),
  position,
  basis: 'observed',
});

/** Of an instance that failed, or of which only a synthetic termination was shown. */
export function ofEnd({ category, categorySource, position, ...end }: AttemptEnd): CategoryEvidence | null {
  if (category === null || categorySource === null) return null;
  if (category === 'HOOK') return evidence(categorySource, 'PostStartHookError', position);
  if (category === 'IMAGE_CHANGED') return evidence(categorySource, 'another image while it ran', position);
  if (category === 'UNKNOWN_OUTCOME') {
    const basis = 'inferred';
    return { ...evidence(categorySource, end.reason ?? 'another instance is there', position), basis };
  }
  const decided = decideEnd({ exitCode: end.exitCode ?? 0, reason: end.reason ?? '' });
  return decided && evidence(categorySource, decided.reason, position);
}

export const ofAttempt = ({ end }: AttemptHistory): CategoryEvidence | null => end && ofEnd(end);

/** Of a waiting reason. */
export const ofWaiting = (container: string, reason: string, position: number | null): CategoryEvidence =>
  evidence(sourceOfWaiting(container), reason, position);

/** Of an Event that tells why there is no sandbox yet: it explains a wait, and decides no end. */
export const ofTrouble = ({ reason, position }: TroubleHistory): CategoryEvidence =>
  evidence(`Event ${reason}`, reason, position);

export const ofScheduling = (scheduling: NonNullable<PodHistory['scheduling']>): CategoryEvidence =>
  evidence('status.conditions[PodScheduled].reason', scheduling.reason, scheduling.position);

/** The node has not taken notice of the pod yet: there is no `status.startTime`. */
export const ofUnaccepted = (history: PodHistory): CategoryEvidence =>
  evidence('status.startTime', 'not set', history.first?.position ?? null);

/** The node's kubelet is silent: an observation of the node's stream, whose position a pod's history does not hold. */
export const ofSilentNode = (node: string): CategoryEvidence =>
  evidence(`Node ${node} status.conditions[Ready].status`, 'Unknown', null);

/** A sidecar that ended with exit code 0 before it had started. */
export const ofEarlyEnd = (container: string, position: number | null): CategoryEvidence =>
  evidence(sourceOfEarlyEnd(container), 'false', position);

/** Of the end of a cycle: of the container that failed it, else by what the pod's object said. */
export function ofCycle(history: PodHistory, cycle: CycleHistory): CategoryEvidence | null {
  const failed = cycle.outcome === 'failed' ? failureIn(history, cycle) : null;
  return failed ?? ofPod(history, { ...cycle, position: cycle.endPosition });
}

function failureIn(history: PodHistory, { number, category }: CycleHistory): CategoryEvidence | null {
  for (const known of Object.values(history.containers).toReversed()) {
    const last = attemptsIn(known, number).findLast(({ end }) => end !== null && end.category === category);
    if (last?.end) return ofEnd(last.end);
  }
  return null;
}

type Ended = Pick<CycleHistory, 'category' | 'categorySource' | 'reason'> & Readonly<{ position: number | null }>;

/** Of an end that came over the pod as a whole, also before any cycle. */
export function ofPod(
  history: PodHistory,
  { category, categorySource, reason, position }: Ended,
): CategoryEvidence | null {
  const { deletion, disruption, gone } = history;
  if (category === null || categorySource === null) return null;
  if (categorySource === podSources.deletion)
    return evidence(
      categorySource,
      deletion?.requestedAt ? `asked for at ${deletion.requestedAt}` : 'set',
      deletion?.position ?? position,
    );
  if (categorySource === podSources.disruption)
    return evidence(categorySource, reason ?? '', disruption?.position ?? position);
  if (reason !== null) return evidence(categorySource, reason, position);
  return { ...evidence(categorySource, gone?.how ?? 'Failed', position), basis: 'inferred' };
}

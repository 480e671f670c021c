/** A Kubernetes Event: an annotation. It may bound a phase of time; it never changes how an attempt ended (semantics 4.5). */
import type { Happening } from '../happenings.js';
import type { PodHistory } from '../history.js';
import {
  containerOfEvent,
  countOf,
  firstOccurredAt,
  isCombined,
  messageOf,
  occurredAt,
  parseEvent,
} from '../kube-events.js';
import type { KubeEvent, KubeEventObserved } from '../observations.js';
import { text } from '../snapshot.js';
import { before, wholeSeconds } from '../time.js';
import { basisOf, type Sight } from './sight.js';
import { tell } from './tell.js';

/**
 * How often it had occurred when it was seen before. Counts go by its name: an expired Event that recurs is made again under
 * it, and its count goes on (semantics 4.5). Where its emitter had forgotten it, it counts from 1 again: a lower count of another
 * object that occurred later.
 */
function seenBefore({ eventCounts }: PodHistory, name: string, event: KubeEvent): number {
  const known = Object.hasOwn(eventCounts, name) ? eventCounts[name] : undefined;
  if (!known) return 0;
  const isAnew = event.uid !== known.uid && countOf(event) <= known.count && before(known.at, occurredAt(event).at);
  return isAnew ? 0 : known.count;
}

/** Told once for each count of an Event: the same Event seen again adds nothing. */
export function kubeEvent(history: PodHistory, sight: Sight, { event }: KubeEventObserved): readonly Happening[] {
  if (text(event.uid) === null) return [];
  const count = countOf(event);
  const eventName = text(event.name) ?? event.uid;
  const known = seenBefore(history, eventName, event);
  if (count <= known) return [];
  const { at, source } = occurredAt(event);
  return [
    tell(history, sight, {
      type: 'ClusterEventRecorded',
      key: [event.uid, count, text(event.lastTimestamp) ?? text(event.series?.lastObservedTime)],
      when: { at, atSource: source, precisionMs: at !== null && wholeSeconds(at) ? 1000 : 0.001, clock: 'emitter' },
      basis: basisOf(sight),
      container: containerOfEvent(event)?.name ?? null,
      eventUid: event.uid,
      eventName,
      reason: text(event.reason) ?? '',
      eventType: text(event.type),
      message: messageOf(event),
      reporter: text(event.reportingComponent) ?? text(event.source?.component),
      count,
      delta: count - known,
      firstAt: firstOccurredAt(event),
      combined: isCombined(event),
      parsed: parseEvent(event),
    }),
  ];
}

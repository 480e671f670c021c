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
import type { KubeEventObserved } from '../observations.js';
import { text } from '../snapshot.js';
import { wholeSeconds } from '../time.js';
import { basisOf, type Sight } from './sight.js';
import { tell } from './tell.js';

/**
 * Told once for each count of an Event: the same Event seen again adds nothing. Counts go by its name: an expired Event
 * that recurs is made again under it, and its count goes on (semantics 4.5).
 */
export function kubeEvent(history: PodHistory, sight: Sight, { event }: KubeEventObserved): readonly Happening[] {
  if (text(event.uid) === null) return [];
  const count = countOf(event);
  const eventName = text(event.name) ?? event.uid;
  const before = Object.hasOwn(history.eventCounts, eventName) ? (history.eventCounts[eventName] ?? 0) : 0;
  if (count <= before) return [];
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
      delta: count - before,
      firstAt: firstOccurredAt(event),
      combined: isCombined(event),
      parsed: parseEvent(event),
    }),
  ];
}

/** Kubernetes Events: which container one is about, when and how often it occurred, and what its text tells (semantics 4). */
import { parsedOf } from './kube-events/parse.js';
import type { ParsedEvent } from './kube-events/parsed-event.js';
import type { KubeEvent } from './observations.js';
import { number, text } from './snapshot.js';

export { goSeconds } from './kube-events/go-duration.js';
export { phaseOfEvent } from './kube-events/phases.js';

const combinedPrefix = '(combined from similar events): ';

/** The tenth distinct message of a kind and all that follow are told as one Event (semantics 4.5). */
export const isCombined = (event: KubeEvent): boolean => text(event.message)?.startsWith(combinedPrefix) ?? false;

export const messageOf = (event: KubeEvent): string => {
  const message = text(event.message) ?? '';
  return message.startsWith(combinedPrefix) ? message.slice(combinedPrefix.length) : message;
};

/** What an Event's text tells; null where it is none of the formats of 1.25 to 1.36. */
export const parseEvent = (event: KubeEvent): ParsedEvent | null =>
  parsedOf(text(event.reason) ?? '', messageOf(event));

/**
 * The container that an Event is about, and whether it is an init container; null of a pod-level Event, and of a
 * combined one whose message names none.
 */
export function containerOfEvent(event: KubeEvent): Readonly<{ name: string; init: boolean | null }> | null {
  const path = /^spec\.(initContainers|containers|ephemeralContainers)\{(.+)\}$/.exec(
    text((event.involvedObject as KubeEvent['involvedObject'] | undefined)?.fieldPath) ?? '',
  );
  if (!isCombined(event)) return path ? { name: path[2] ?? '', init: path[1] === 'initContainers' } : null;
  const parsed = parseEvent(event);
  return parsed && 'container' in parsed && parsed.container !== null ? { name: parsed.container, init: null } : null;
}

/** When an Event last occurred (semantics 4.4). */
export const occurredAt = (event: KubeEvent): Readonly<{ at: string | null; source: string }> => {
  const times = [
    [event.series?.lastObservedTime, 'series.lastObservedTime'],
    [event.lastTimestamp, 'lastTimestamp'],
    [event.eventTime, 'eventTime'],
    [event.firstTimestamp, 'firstTimestamp'],
    [event.creationTimestamp, 'metadata.creationTimestamp'],
  ] as const;
  const [at, source] = times.find(([time]) => text(time) !== null) ?? [null, 'none'];
  return { at: text(at), source };
};

/** When it first did. */
export const firstOccurredAt = (event: KubeEvent): string | null =>
  text(event.firstTimestamp) ?? text(event.eventTime) ?? text(event.creationTimestamp);

export const countOf = (event: KubeEvent): number => number(event.series?.count) ?? number(event.count) ?? 1;

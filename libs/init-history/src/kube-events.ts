/** What the texts of Kubernetes Events tell of an initialization, in the formats of 1.25 to 1.36 (semantics 4.2, 4.3, 4.5). */
import type { ParsedEvent } from './happenings.js';
import type { KubeEvent } from './observations.js';
import { number, text } from './snapshot.js';

const units: Readonly<Record<string, number>> = {
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ns: 1e-9,
};

/** Seconds of a Go duration as Go prints it: `850ms`, `12.5s`, `1m2.345s`, `1h0m3s`, `0s`. Null for other text. */
export function goSeconds(duration: string): number | null {
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|µs|μs|ns))+$/.test(duration)) return null;
  let seconds = 0;
  for (const [, amount, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|μs|ns)/g)) {
    seconds += Number(amount) * (units[unit ?? 's'] ?? 0);
  }
  return Math.round(seconds * 1e9) / 1e9;
}

const combinedPrefix = '(combined from similar events): ';

/** The tenth distinct message of a kind and all that follow are told as one Event (semantics 4.5). */
export const isCombined = (event: KubeEvent): boolean => text(event.message)?.startsWith(combinedPrefix) ?? false;

export const messageOf = (event: KubeEvent): string => {
  const message = text(event.message) ?? '';
  return message.startsWith(combinedPrefix) ? message.slice(combinedPrefix.length) : message;
};

/** Names of containers in texts that have one: of a combined event the message is right and the fieldPath is wrong. */
const named = [
  /^Created container:? (\S+)$/,
  /^Started container (\S+)$/,
  /^Back-off restarting failed container (\S+) in pod /,
  /^Stopping container (\S+)$/,
  /^Init container (\S+) /,
];

/**
 * The container that an Event is about, and whether it is an init container; null of a pod-level Event, and of a
 * combined one whose message names none.
 */
export function containerOfEvent(event: KubeEvent): Readonly<{ name: string; init: boolean | null }> | null {
  const path = /^spec\.(initContainers|containers|ephemeralContainers)\{(.+)\}$/.exec(
    text((event.involvedObject as KubeEvent['involvedObject'] | undefined)?.fieldPath) ?? '',
  );
  if (!isCombined(event)) return path ? { name: path[2] ?? '', init: path[1] === 'initContainers' } : null;
  const message = messageOf(event);
  for (const form of named) {
    const name = form.exec(message)?.[1];
    if (name !== undefined) return { name, init: null };
  }
  return null;
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

const pulledPattern =
  /^Successfully pulled image "(.*)" in (\S+)(?: \((\S+) including waiting\))?(?:\.? Image size: (\d+) bytes\.)?\.?$/;
const presentPattern = /^Container image "(.*)" already present on machine/;

function pulled(message: string): ParsedEvent | null {
  const done = pulledPattern.exec(message);
  if (done) {
    return {
      kind: 'pulled',
      image: done[1] ?? '',
      seconds: goSeconds(done[2] ?? ''),
      withWaiting: done[3] === undefined ? null : goSeconds(done[3]),
      bytes: done[4] === undefined ? null : Number(done[4]),
      alreadyPresent: false,
    };
  }
  const present = presentPattern.exec(message);
  if (!present) return null;
  return { kind: 'pulled', image: present[1] ?? '', seconds: 0, withWaiting: null, bytes: null, alreadyPresent: true };
}

const pulling = (message: string): ParsedEvent | null => {
  const image = /^Pulling image "(.*)"$/.exec(message)?.[1];
  return image === undefined ? null : { kind: 'pulling', image };
};

const backedOff = (message: string): ParsedEvent | null => {
  const pull = /^Back-off pulling image "([^"]*)"/.exec(message);
  if (pull) return { kind: 'pullBackOff', image: pull[1] ?? null };
  const restart = /^Back-off restarting failed container(?: (\S+) in pod )?/.exec(message);
  return restart ? { kind: 'restartBackOff', container: restart[1] ?? null } : null;
};

const pullFailed = (message: string): ParsedEvent | null => {
  const failed = /^Failed to pull image "([^"]*)"/.exec(message);
  return failed ? { kind: 'pullFailed', image: failed[1] ?? null } : null;
};

/** `BackOff` has two meanings, `Failed` three: told apart by text (semantics 4.2). */
const parsers: Readonly<Record<string, (message: string) => ParsedEvent | null>> = {
  Pulling: pulling,
  Pulled: pulled,
  BackOff: backedOff,
  Failed: pullFailed,
};

/** What an Event's text tells in numbers; null where it tells nothing of the kind. */
export function parseEvent(event: KubeEvent): ParsedEvent | null {
  const reason = text(event.reason) ?? '';
  return Object.hasOwn(parsers, reason) ? (parsers[reason]?.(messageOf(event)) ?? null) : null;
}

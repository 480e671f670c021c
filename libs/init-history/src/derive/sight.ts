/** One look at a pod, as the steps of the derivation see it: what was known, what is known now, and how it came. */
import type { Basis } from '../account.js';
import type { Context } from '../context.js';
import type { Clock } from '../happenings.js';
import type { Parts, Via, Write } from '../observations.js';
import { viewOf, type PodView } from '../snapshot.js';
import { wholeSeconds } from '../time.js';

export type Sight = Readonly<{
  position: number;
  via: Via;
  receivedAt: string;
  writes: readonly Write[];
  /** The pod as folded before this look, and with it. */
  before: PodView;
  now: PodView;
  context: Context;
  /** Position of the gap after which this look was taken; null where nothing was missed before it. */
  gap: number | null;
}>;

/** What an observation says of how it was seen. */
export type Seen = Readonly<{
  position: number;
  via: Via;
  receivedAt: string;
  writes: readonly Write[];
  gap: number | null;
}>;

export const sightOf = (seen: Seen, before: Parts, now: Parts, context: Context): Sight => ({
  ...seen,
  before: viewOf(before),
  now: viewOf(now),
  context,
});

/** A time, where it came from, and what it is worth. */
export type Moment = Readonly<{ at: string | null; atSource: string; precisionMs: number; clock: Clock }>;

function moment(at: string | null, atSource: string, clock: Clock): Moment {
  return { at, atSource, clock, precisionMs: at !== null && wholeSeconds(at) ? 1000 : 1 };
}

/** A time that the kubelet stamped: container times, its conditions, startTime. */
export const nodeTime = (at: string | null | undefined, source: string): Moment => moment(at ?? null, source, 'node');

/** A time that the API server stamped: creation, deletion, binding. */
export const apiTime = (at: string | null | undefined, source: string): Moment =>
  moment(at ?? null, source, 'apiserver');

/** When the look reached the recorder. */
export const whenSeen = (sight: Sight): Moment => moment(sight.receivedAt, 'receivedAt', 'watcher');

const whenWrittenBy = (sight: Sight, wrote: (write: Write) => boolean): Moment => {
  const write = sight.writes.find((one) => wrote(one) && one.time);
  return write ? apiTime(write.time, 'managedFields.time') : whenSeen(sight);
};

/** When the kubelet wrote what this look shows, by the API server's clock; else when it reached the recorder. */
export const whenWritten = (sight: Sight): Moment =>
  whenWrittenBy(sight, (write) => write.manager === 'kubelet' && write.subresource === 'status');

/** When somebody wrote the spec that this look shows, directly or as a resize (semantics 2.7); else when it was seen. */
export const whenSpecWritten = (sight: Sight): Moment =>
  whenWrittenBy(sight, (write) => write.subresource === null || write.subresource === 'resize');

/** State that was delivered live was observed; found in a list, it was reconstructed (semantics 8). */
export const basisOf = (sight: Sight): Basis => (sight.via === 'watch' ? 'observed' : 'reconstructed');

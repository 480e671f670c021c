/** Gaps: spans in which changes may have gone unseen, and what they make uncertain. */
import type { Gap } from './account.js';
import type { GapContext } from './context.js';
import type { Observation, ObservationType } from './observations.js';
import { millis, wholeSeconds } from './time.js';

/** What the watches see: the resource that a kind of observation comes from. Owners are fetched, not watched. */
const resources: Readonly<Record<ObservationType, string | null>> = {
  PodObserved: 'pods',
  PodGone: 'pods',
  KubeEventObserved: 'events',
  NodeObserved: 'nodes',
  NamespaceObserved: 'namespaces',
  InitLogCaptured: null,
  OwnerObserved: null,
  ObservationGap: null,
  WatchOpened: null,
  HistoryForked: null,
  ReducerChanged: null,
};

/**
 * Position of the gap after which an observation was made: a list that was taken again tells how things stand, not how
 * they came to. The recorder writes the gap before anything of that list (semantics 6.1), so it is the newest one of the
 * resource. A gap is its own.
 *
 * @param gaps those at or before the observation's position, in order
 */
export function gapBefore(
  { position, observation }: Readonly<{ position: number; observation: Observation }>,
  gaps: readonly GapContext[],
): number | null {
  if (observation.type === 'ObservationGap') return position;
  if (observation.via !== 'relist') return null;
  const resource = resources[observation.type];
  return gaps.findLast((gap) => gap.resource === resource)?.position ?? null;
}

/** When a stamp may have been at the latest: one that was cut to whole seconds stands for up to a second later. */
const latest = (time: string): number | null => {
  const at = millis(time);
  return at === null ? null : at + (wholeSeconds(time) ? 999 : 0);
};

/**
 * The gaps of a resource that share a moment with a span, in their order. Gaps are stamped by the recorder's clock, and
 * the span perhaps by another: subject to their skew.
 *
 * @param from null: from the beginning
 * @param to null: it goes on
 * @param resource whose changes matter: `pods` for what statuses tell, `events` for what Events tell
 */
export const gapsTouching = (
  gaps: readonly GapContext[],
  from: string | null,
  to: string | null,
  resource: string = 'pods',
): readonly GapContext[] => {
  const [start, end] = [millis(from) ?? -Infinity, (to === null ? null : latest(to)) ?? Infinity];
  return gaps.filter(
    (gap) =>
      gap.resource === resource && (millis(gap.to) ?? Infinity) >= start && (millis(gap.from) ?? -Infinity) <= end,
  );
};

/** A gap as an account tells it. */
export const toGap = ({ resource, from, to, cause }: GapContext): Gap => ({ resource, from, to, reason: cause });

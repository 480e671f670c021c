/** Step 1: what changed of the spec, and the mark of deletion (semantics 8.2 step 1). */
import type { Happening } from '../happenings.js';
import type { PodHistory } from '../history.js';
import { number, text } from '../snapshot.js';
import { millis, rfc3339 } from '../time.js';
import { apiTime, basisOf, whenWritten, type Sight } from './sight.js';
import { tell } from './tell.js';

/** An image may be changed; it does not begin the initialization again (semantics 2.7). */
function imagesChanged(history: PodHistory, sight: Sight): readonly Happening[] {
  const told: Happening[] = [];
  for (const container of sight.now.initContainers) {
    const before = sight.before.initContainers.find((other) => other.name === container.name);
    if (!before || before.image === container.image) continue;
    const generation = number(sight.now.metadata.generation);
    told.push(
      tell(history, sight, {
        type: 'InitContainerSpecChanged',
        key: [generation, container.name],
        when: whenWritten(sight),
        basis: basisOf(sight),
        container: container.name,
        from: text(before.image),
        to: text(container.image),
        generation,
      }),
    );
  }
  return told;
}

/** `deletionTimestamp` is the request's time plus the grace period. */
function requestedAt(timestamp: string, graceSeconds: number | null): string {
  const due = millis(timestamp);
  if (due === null || !graceSeconds) return timestamp;
  return rfc3339(due - graceSeconds * 1000).replace('.000Z', 'Z');
}

function deletionRequested(history: PodHistory, sight: Sight): readonly Happening[] {
  const timestamp = text(sight.now.deletion?.deletionTimestamp);
  if (timestamp === null || history.deletion !== null) return [];
  const graceSeconds = number(sight.now.deletion?.deletionGracePeriodSeconds);
  return [
    tell(history, sight, {
      type: 'PodDeletionRequested',
      key: [],
      when: apiTime(requestedAt(timestamp, graceSeconds), 'metadata.deletionTimestamp'),
      basis: basisOf(sight),
      container: null,
      graceSeconds,
    }),
  ];
}

export const specChanges = (history: PodHistory, sight: Sight): readonly Happening[] => [
  ...imagesChanged(history, sight),
  ...deletionRequested(history, sight),
];

/** Steps 3 and 4: what each init container did, instance by instance (semantics 8.2 steps 3 and 4). */
import type { Happening } from '../happenings.js';
import { attemptOf, containerOf, missedIn, newestCycle, type PodHistory } from '../history.js';
import { attemptsMissed, counterReset, missedCount } from './counts.js';
import { freshOf, onlyNamed } from './instances.js';
import { lost } from './lost.js';
import type { Place } from './place.js';
import { replaced, resized } from './changed-in-place.js';
import type { Sight } from './sight.js';
import { sidecarStarted } from './sidecar-started.js';
import { endings, freshInstances, namedInstance } from './told-instances.js';

/** What one init container did, told against the history as it was when the look came. */
function ofContainer(place: Place): readonly Happening[] {
  const fresh = freshOf(place.known, place.status);
  const named = onlyNamed(place.status);
  const unknown = named === null || attemptOf(place.known, named) ? [] : [named];
  const missed = missedCount(place, fresh.length + unknown.length);
  const begun = place.known.attempts.length + missedIn(place.known) + missed + fresh.length;
  return [
    ...counterReset(place),
    ...endings(place),
    ...lost(place),
    ...attemptsMissed(place, missed),
    ...freshInstances(place, fresh, missed),
    ...unknown.flatMap((containerId) => namedInstance(place, containerId, begun + 1)),
    ...sidecarStarted(place),
    ...replaced(place, fresh),
    ...resized(place),
  ];
}

export function containers(history: PodHistory, sight: Sight): readonly Happening[] {
  if (newestCycle(history) === null) return [];
  return sight.now.initContainers.flatMap((spec, index) => {
    const status = sight.now.initStatuses.find((one) => one.name === spec.name);
    return status ? ofContainer({ history, sight, spec, status, index, known: containerOf(history, spec.name) }) : [];
  });
}

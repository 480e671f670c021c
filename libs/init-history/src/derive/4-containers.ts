/** Steps 3 and 4: what each init container did, instance by instance (semantics 8.2 steps 3 and 4). */
import type { Happening } from '../happenings.js';
import { attemptOf, containerOf, missedIn, newestCycle, type CreatedInstance, type PodHistory } from '../history.js';
import { attemptsMissed, counterReset, missedCount } from './counts.js';
import { freshOf, isNamed, onlyNamed } from './instances.js';
import { lost } from './lost.js';
import type { Place } from './place.js';
import { replaced, resized } from './changed-in-place.js';
import type { Sight } from './sight.js';
import { sidecarStarted } from './sidecar-started.js';
import { createdInstance, endings, freshInstances, namedInstance } from './told-instances.js';

/** The instance that was only created when the container was last seen, and will not begin any more. */
function neverBegan({ history, known, spec, status }: Place): readonly CreatedInstance[] {
  const created = history.tally.created[spec.name];
  if (!created || attemptOf(known, created.containerId)) return [];
  return isNamed(status, created.containerId) ? [] : [created];
}

/** What one init container did, told against the history as it was when the look came. */
function ofContainer(place: Place): readonly Happening[] {
  const fresh = freshOf(place.known, place.status);
  const named = onlyNamed(place.status);
  const unknown = named === null || attemptOf(place.known, named) ? [] : [named];
  const left = neverBegan(place);
  const missed = missedCount(place, left.length + fresh.length + unknown.length);
  const counted = place.known.attempts.length + missedIn(place.known) + missed;
  return [
    ...counterReset(place),
    ...endings(place),
    ...lost(place),
    ...attemptsMissed(place, missed),
    ...left.flatMap((created) => createdInstance(place, created, counted + 1)),
    ...freshInstances(place, fresh, counted + left.length),
    ...unknown.flatMap((id) => namedInstance(place, id, counted + left.length + fresh.length + 1)),
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

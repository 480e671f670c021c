/** Instances whose end will never be told (semantics 1.6). */
import type { Happening } from '../happenings.js';
import type { AttemptHistory } from '../history.js';
import { text, type Terminated } from '../snapshot.js';
import { freshOf, instancesOf, syntheticKey, syntheticOf } from './instances.js';
import type { Place } from './place.js';
import { whenWritten } from './sight.js';
import { tell } from './tell.js';

/** The kubelet's own words for an init container whose instance it no longer knows, once the pod is initialized (1.6). */
const treatedAsDone = (ended: Terminated): boolean => ended.reason === 'Completed';

const isFresh = (place: Place, synthetic: Terminated): boolean =>
  place.history.tally.synthetic[place.spec.name] !== syntheticKey(place.status, synthetic);

/** Attempts of which no end is known and that are no longer what the status is about. */
function lostAttempts(place: Place): readonly AttemptHistory[] {
  const shown = new Set(instancesOf(place.status).map((instance) => instance.containerId));
  return place.known.attempts.filter((attempt) => attempt.end === null && !shown.has(attempt.containerId));
}

type Lost = Pick<AttemptHistory, 'containerId' | 'cycle' | 'restartCount'>;

/** An instance whose end nobody tells; null where it is not known which. */
export function outcomeUnknown(place: Place, attempt: Lost | null, synthetic: Terminated | null): Happening {
  const { history, sight, spec, status, index } = place;
  const restartCount = attempt?.restartCount ?? status.restartCount;
  return tell(history, sight, {
    type: 'InitContainerOutcomeUnknown',
    key: [spec.name, attempt?.containerId, restartCount, synthetic?.reason ?? 'replaced'],
    when: { ...whenWritten(sight), at: null },
    basis: 'inferred',
    rule: synthetic ? 'synthetic-termination' : 'replaced-unseen',
    container: spec.name,
    ...(attempt ? { cycle: attempt.cycle } : {}),
    index,
    containerId: attempt?.containerId ?? null,
    restartCount,
    reason: text(synthetic?.reason),
    message: text(synthetic?.message),
  });
}

/**
 * Instances whose end will not be told: a synthetic termination stands in its place, or another instance is there
 * already (semantics 1.6; recorded, 1.36.3: sandbox-killed-during-init, restart-all-containers).
 */
export function lost(place: Place): readonly Happening[] {
  const synthetic = syntheticOf(place.status);
  const told: Happening[] = [];
  const gone = lostAttempts(place);
  if (synthetic && isFresh(place, synthetic)) {
    told.push(...gone.map((attempt) => outcomeUnknown(place, attempt, synthetic)));
    if (gone.length === 0 && treatedAsDone(synthetic)) told.push(outcomeUnknown(place, null, synthetic));
  } else if (freshOf(place.known, place.status).length > 0) {
    told.push(...gone.map((attempt) => outcomeUnknown(place, attempt, null)));
  }
  return told;
}

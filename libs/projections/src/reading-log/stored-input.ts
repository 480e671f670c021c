/** Reads what the log holds. The cast from a stored body to an observation exists here alone. */
import type { Observation } from '#libs/init-history';
import type { Recorded } from '#libs/event-store';
import type { Input } from '../pod-inits/pod-fold.js';
import { upcast } from './upcasters.js';

/**
 * A stored event as an input of the folds, in the shape that its type has now; undefined where its body was erased: what it said is
 * unknown, and moves nothing.
 *
 * @throws NewerEvent for what only a newer version of this program can read
 * @throws TypeError or SyntaxError for a body that no recorder of ours writes
 */
export function toInput({ streamId, position, recordedAt, type, schemaVersion, body }: Recorded): Input | undefined {
  if (body === null) return undefined;
  const known = upcast(asObject(JSON.parse(body), 'the body'), { type, version: schemaVersion });
  const observation = { ...known, type } as Observation;
  assertWellFormed(observation);
  return { streamId, position, recordedAt, observation };
}

/** What every reading here takes for granted. The rest is Kubernetes' own, and is read with care. */
function assertWellFormed(observation: Observation): void {
  if (Number.isNaN(Date.parse(observation.receivedAt))) throw new TypeError('receivedAt is no time');
  switch (observation.type) {
    case 'PodObserved':
    case 'PodGone':
    case 'NodeObserved':
    case 'OwnerObserved':
    case 'NamespaceObserved':
      asObject(observation.parts, 'parts');
      return;
    case 'KubeEventObserved':
      asObject(asObject(observation.event, 'event')['involvedObject'], 'event.involvedObject');
      return;
    case 'ObservationGap':
      if (Number.isNaN(Date.parse(observation.from)) || Number.isNaN(Date.parse(observation.to))) {
        throw new TypeError('from or to is no time');
      }
      return;
    case 'InitLogCaptured':
    case 'WatchOpened':
    case 'HistoryForked':
    case 'ReducerChanged':
      return;
  }
}

function asObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  throw new TypeError(`${name} is no object`);
}

/** Reads what the log holds. The cast from a stored body to an observation exists here alone. */
import type { Observation } from '#libs/init-history';
import type { Recorded } from '#libs/event-store';
import type { Input } from './pod-fold.js';

/**
 * A stored event as an input of the folds; undefined where its body was erased: what it said is unknown, and moves nothing.
 *
 * @throws SyntaxError for a body that is no JSON, which the log never takes
 */
export function toInput({ streamId, position, recordedAt, type, body }: Recorded): Input | undefined {
  if (body === null) return undefined;
  const observation = { ...(JSON.parse(body) as object), type } as Observation;
  return { streamId, position, recordedAt, observation };
}

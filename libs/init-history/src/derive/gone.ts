/** The pod is no more: deleted before our eyes, or absent from a complete list (semantics 8.2, relist). */
import { podSources } from '../category-source.js';
import type { Happening } from '../happenings.js';
import { newestCycle, type PodHistory } from '../history.js';
import type { PodGone } from '../observations.js';
import { text } from '../snapshot.js';
import { apiTime, whenSeen, type Moment, type Sight } from './sight.js';
import { tell } from './tell.js';

/** No field tells when: a DELETED frame came at once; of a missing pod only the span in which it went is known. */
const whenGone = (sight: Sight, gone: PodGone): Moment =>
  gone.how === 'deleted' ? whenSeen(sight) : apiTime(null, 'list');

export function podGone(history: PodHistory, sight: Sight, gone: PodGone): readonly Happening[] {
  if (history.gone !== null) return [];
  const when = whenGone(sight, gone);
  const basis = gone.how === 'deleted' ? 'observed' : 'inferred';
  const rule = gone.how === 'deleted' ? {} : { rule: 'absent-from-list' };
  // It may have been told to be gone before, wrongly.
  const again = history.goings === 0 ? [] : [history.goings];
  const cycle = newestCycle(history);
  const endedIt = history.endedEarly === null && (cycle === null || cycle.outcome === 'running');
  const deleted = tell(history, sight, {
    type: 'PodDeleted',
    key: again,
    when,
    basis,
    ...rule,
    container: null,
    how: gone.how,
    between: gone.between,
    phase: text(sight.now.status.phase),
    endedIt,
  });
  if (!endedIt) return [deleted];
  const cause = gone.how === 'deleted' ? 'deleted' : 'unknown';
  const aborted = tell(history, sight, {
    type: 'InitializationAborted',
    key: [cycle?.number ?? 0, 'gone', ...again],
    when,
    basis,
    ...rule,
    container: null,
    cause,
    category: cause === 'deleted' ? 'DELETED' : 'UNKNOWN',
    categorySource: cause === 'deleted' ? podSources.deletion : podSources.gone,
    reason: null,
    message: null,
  });
  return [aborted, deleted];
}

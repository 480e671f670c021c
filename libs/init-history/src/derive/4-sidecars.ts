/** Step 4: sidecars that must have started, for what stands behind them has begun (semantics 2.6). */
import type { Happening } from '../happenings.js';
import { attemptsIn, containerOf, cycleNumber, type PodHistory } from '../history.js';
import { isSidecar } from '../snapshot.js';
import { before } from '../time.js';
import { nextBegan } from './passed.js';
import { nodeTime, type Sight } from './sight.js';
import { tell } from './tell.js';

/**
 * After a gap a sidecar may be found ended or starting anew, while the init container after it has an instance: it had
 * started before that one began.
 */
export function sidecarsPassed(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = cycleNumber(history);
  return sight.now.initContainers.flatMap((spec, index) => {
    const attempts = isSidecar(spec) ? attemptsIn(containerOf(history, spec.name), cycle) : [];
    if (attempts.some((attempt) => attempt.sidecarStartedAt !== null)) return [];
    const next = nextBegan(history, sight.now.initContainers.slice(index + 1), cycle);
    const started = attempts.findLast((attempt) => next !== null && !before(next, attempt.startedAt));
    if (!started) return [];
    return [
      tell(history, sight, {
        type: 'SidecarStarted',
        key: [started.containerId],
        when: nodeTime(next, 'state.running.startedAt'),
        basis: 'inferred',
        rule: 'next-began',
        container: spec.name,
        cycle,
        index,
        containerId: started.containerId,
        notBefore: started.startedAt,
      }),
    ];
  });
}

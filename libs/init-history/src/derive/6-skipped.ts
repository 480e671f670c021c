/** Step 6: init containers that a later cycle passed over: known bugs of the kubelet (semantics 2.4). */
import type { Happening } from '../happenings.js';
import { attemptsIn, containerOf, newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { isSidecar } from '../snapshot.js';
import { firstApp } from './app-started.js';
import { satisfied } from './satisfied.js';
import { nodeTime, type Sight } from './sight.js';
import { tell } from './tell.js';

/** Somebody did not look for a while since this cycle began: what did not show may have happened then. */
const coveredByGap = (sight: Sight, cycle: CycleHistory): boolean =>
  cycle.gap !== null ||
  sight.gap !== null ||
  sight.context.gaps.some((gap) => gap.resource === 'pods' && gap.position > cycle.position);

/**
 * The app container began in this cycle, and a regular init container has no instance of it: the kubelet took the old
 * sandbox's app container for a sign that init was done (kubernetes/kubernetes#124002, #137710, #138706, #140309).
 */
export function skipped(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history);
  if (!cycle || cycle.number < 2 || cycle.outcome !== 'running') return [];
  if (firstApp(history, sight, cycle) === null || coveredByGap(sight, cycle)) return [];
  return sight.now.initContainers.flatMap((container, index) => {
    const known = containerOf(history, container.name);
    const ran = attemptsIn(known, cycle.number).length > 0 || satisfied(history, container, cycle.number);
    if (isSidecar(container) || ran || (known.missed[String(cycle.number)] ?? 0) > 0) return [];
    const containerId = known.attempts.at(-1)?.containerId ?? null;
    return [
      tell(history, sight, {
        type: 'InitContainerSkipped',
        key: [cycle.number, container.name, containerId],
        when: nodeTime(null, 'none'),
        basis: 'inferred',
        rule: 'app-began-without-it',
        container: container.name,
        index,
        containerId,
        kubeletVersion: sight.context.node?.kubeletVersion ?? null,
      }),
    ];
  });
}

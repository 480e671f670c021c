/** The first app container of a cycle: none begins before the last init container is done (semantics 2.1, 8.2 step 6). */
import type { Happening } from '../happenings.js';
import { newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { before, millis } from '../time.js';
import { beganAt, instancesOf, type Instance } from './instances.js';
import { basisOf, nodeTime, type Sight } from './sight.js';
import { tell } from './tell.js';

type AppInstance = Instance & Readonly<{ container: string }>;

/**
 * The first app container instance that began in this cycle: none does before the last init container is done. An id
 * known from an earlier cycle is that cycle's, whatever its status says now.
 */
export function firstApp(history: PodHistory, sight: Sight, cycle: CycleHistory): AppInstance | null {
  const found = sight.now.statuses.flatMap((status) => {
    const known = history.tally.apps[status.name];
    return instancesOf(status)
      .filter((instance) => instance.containerId !== known?.containerId || known.cycle === cycle.number)
      .filter((instance) => !before(beganAt(instance), cycle.startedAt))
      .map((instance): AppInstance => ({ ...instance, container: status.name }));
  });
  return found.toSorted((a, b) => (millis(beganAt(a)) ?? Infinity) - (millis(beganAt(b)) ?? Infinity))[0] ?? null;
}

/** The first app container that began in the newest cycle. */
export function appStarted(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history);
  if (!cycle || cycle.app !== null) return [];
  const app = firstApp(history, sight, cycle);
  if (!app) return [];
  return [
    tell(history, sight, {
      type: 'AppContainersStarted',
      key: [cycle.number, app.containerId],
      when: nodeTime(beganAt(app), 'state.startedAt'),
      basis: app.ended === null ? basisOf(sight) : 'reconstructed',
      container: app.container,
      containerId: app.containerId,
    }),
  ];
}

/** A node that is seen to have booted again after its pods had begun anew: what the cycle's cause was (semantics 2.4). */
import type { Context } from '../context.js';
import type { Happening } from '../happenings.js';
import { newestCycle, type PodHistory } from '../history.js';
import { millis } from '../time.js';
import { nodeTime, type Sight } from './sight.js';
import { tell } from './tell.js';

/** The kubelet writes its node's boot id when it starts, before it starts pods: a later one is another boot. */
const shortlyAfterMs = 60_000;

/**
 * The node's new boot id came after the look that showed the new cycle: watches of pods and nodes are not in order with
 * each other (semantics 6.4). The cycle is told again, with its true cause.
 */
export function rebooted(history: PodHistory, sight: Sight, context: Context): readonly Happening[] {
  const cycle = newestCycle(history);
  const boot = context.node?.bootId ?? null;
  if (!cycle || cycle.number < 2 || boot === null || cycle.bootId === null || boot === cycle.bootId) return [];
  if (cycle.cause !== 'sandboxRecreated' && cycle.cause !== 'unknown') return [];
  const late = (millis(sight.receivedAt) ?? 0) - (millis(cycle.observedAt) ?? 0);
  if (late > shortlyAfterMs) return [];
  return [
    tell(history, sight, {
      type: 'InitializationStarted',
      key: [cycle.number, `reboot|${boot}`],
      when: nodeTime(cycle.startedAt, 'status.conditions.PodReadyToStartContainers'),
      basis: 'inferred',
      rule: 'cycle-nodeReboot',
      container: null,
      cycle: cycle.number,
      evidence: cycle.evidence,
      supersedes: cycle.happening,
      cause: 'nodeReboot',
      bootId: boot,
      notBefore: cycle.startNotBefore,
    }),
  ];
}

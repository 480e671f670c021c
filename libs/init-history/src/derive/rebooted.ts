/** A node that is seen to have booted again after its pods had begun anew: what the cycle's cause was (semantics 2.4). */
import { podSources } from '../category-source.js';
import type { Happening } from '../happenings.js';
import { newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { before, millis } from '../time.js';
import { beganByBoot, passBegan } from './booted.js';
import { nodeTime, type Sight } from './sight.js';
import { tell } from './tell.js';

/** The kubelet writes its node's boot id when it starts, before it starts pods: a later one is another boot. */
const shortlyAfterMs = 60_000;

/**
 * The new boot id is that of the boot by which this cycle began: by the time at which it was written. Where that is not
 * known: it came within a minute, for watches of pods and nodes are
 * not in order with each other (semantics 6.4), or it was learnt after a gap in which the cycle began too. A boot that
 * came after the cycle would have taken the pod's sandbox along.
 */
function causedIt(history: PodHistory, sight: Sight, cycle: CycleHistory): boolean {
  const boot = sight.context.node?.boot;
  const passBefore = history.cycles.find((one) => one.number === cycle.number - 1);
  if (boot) return beganByBoot(boot, passBefore ? passBegan(history, passBefore) : null, passBegan(history, cycle));
  const late = (millis(sight.receivedAt) ?? 0) - (millis(cycle.observedAt) ?? 0);
  if (late <= shortlyAfterMs) return true;
  const gap = sight.context.gaps.find(({ position }) => position === sight.gap);
  return gap !== undefined && !before(cycle.observedAt, gap.from) && history.sandbox.losses.length === 0;
}

/** The node's new boot id came after the look that showed the new cycle: it is told again, with its true cause. */
export function rebooted(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history);
  const boot = sight.context.node?.bootId ?? null;
  if (!cycle || cycle.number < 2 || boot === null || cycle.bootId === null || boot === cycle.bootId) return [];
  if (cycle.cause !== 'sandboxRecreated' && cycle.cause !== 'unknown') return [];
  if (!causedIt(history, sight, cycle)) return [];
  return [...endedByIt(history, sight, cycle, boot), begunByIt(history, sight, cycle, boot)];
}

const begunByIt = (history: PodHistory, sight: Sight, cycle: CycleHistory, boot: string): Happening =>
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
  });

/** The cycle before it, where it was cut off by the beginning of this one: by the reboot, then. */
function endedByIt(history: PodHistory, sight: Sight, cycle: CycleHistory, boot: string): readonly Happening[] {
  const cut = history.cycles.find((one) => one.number === cycle.number - 1);
  if (!cut || cut.abortCause !== 'beganAgain' || cut.category === null) return [];
  return [
    tell(history, sight, {
      type: 'InitializationAborted',
      key: [cut.number, `reboot|${boot}`],
      when: nodeTime(cut.endedAt, 'status.conditions.PodReadyToStartContainers'),
      basis: 'inferred',
      rule: 'began-again',
      container: null,
      cycle: cut.number,
      supersedes: cut.endHappening,
      cause: 'beganAgain',
      category: cut.category,
      categorySource: podSources.sandbox,
      reason: 'nodeReboot',
      message: null,
    }),
  ];
}

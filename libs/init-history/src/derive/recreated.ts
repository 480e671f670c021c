/** The sandbox was made again, and all init containers with it (semantics 2.4, 8.2 steps 5b and 5d). */
import type { CycleCause } from '../account.js';
import { newestCycle, type CycleHistory, type PodHistory, type SandboxLoss } from '../history.js';
import { text } from '../snapshot.js';
import { before, millis } from '../time.js';
import type { Beginning } from './beginning.js';
import { beganByBoot, passBegan } from './booted.js';
import { begunInNewSandbox, rerunsOf } from './reruns.js';
import { nodeTime, type Moment, type Sight } from './sight.js';

const timeOf = (loss: SandboxLoss): number => millis(loss.lostAt ?? loss.readyAt) ?? Number.NaN;

/** The first loss of a sandbox between the beginning before and this one. */
const lossBetween = (losses: readonly SandboxLoss[], from: string | null, to: string | null): SandboxLoss | undefined =>
  losses.find((loss) => timeOf(loss) > (millis(from) ?? -Infinity) && timeOf(loss) <= (millis(to) ?? Infinity)) ??
  (losses.length === 1 ? losses[0] : undefined);

/** Of a second pass within one look: the loss before it began the first one; it is another, told by the present sandbox's time. */
function lossOfNext(losses: readonly SandboxLoss[], from: string | null, to: string | null): SandboxLoss | undefined {
  const loss = lossBetween(losses, from, to);
  if (!loss || before(from, loss.lostAt)) return loss;
  return before(from, loss.readyAt) ? { ...loss, lostAt: null } : undefined;
}

/** The sandbox's loss where it was seen; else the new sandbox, or the first instance in it: upper bounds. */
function trigger(loss: SandboxLoss | undefined, began: string | null): Moment {
  const source = 'status.conditions.PodReadyToStartContainers';
  if (loss?.lostAt) return nodeTime(loss.lostAt, source);
  if (loss?.readyAt && !before(began, loss.readyAt)) return nodeTime(loss.readyAt, source);
  return nodeTime(began, 'state.startedAt');
}

/** The cycle that was known before; of a pod that is seen for the first time, the one that its first look begins with. */
type Known = Pick<CycleHistory, 'number' | 'startedAt' | 'endedAt' | 'bootId'>;

/** When the pass before began and when this one did; whether this is the last that the look proves. */
type Passes = Readonly<{ beforeBegan: string | null; began: string | null; last: boolean }>;

/** The node has booted between the pass before and this one; where the boot's time is not known, since the cycle before. */
function rebooted({ context: { node } }: Sight, cycle: Known, passes: Passes): boolean {
  if (node?.boot) return beganByBoot(node.boot, passes.beforeBegan, passes.began);
  if (!passes.last) return false;
  const boot = node?.bootId ?? null;
  return boot !== null && cycle.bootId !== null && boot !== cycle.bootId;
}

/** What is known of sandboxes that went: of a pod that is found late, the time of the present one. */
function lossesOf(history: PodHistory, sight: Sight): readonly SandboxLoss[] {
  if (newestCycle(history) !== null) return history.sandbox.losses;
  const ready = sight.now.conditions['PodReadyToStartContainers'];
  const readyAt = ready?.status === 'True' ? text(ready.lastTransitionTime) : null;
  return readyAt === null ? [] : [{ lostAt: null, readyAt, podIP: null, suspicion: null, position: sight.position }];
}

/**
 * The sandbox was made again, as containers prove it: a regular init container that had been passed has run again, or an
 * instance is there that can only have begun in the new sandbox. After a gap one look may prove two cycles.
 */
export function sandboxRecreated(history: PodHistory, sight: Sight, cycle: Known): readonly Beginning[] {
  const losses = lossesOf(history, sight);
  const reruns = rerunsOf(history, sight, cycle.number);
  const proofs = reruns.length > 0 ? reruns : begunInNewSandbox(history, sight);
  // Before 1.29 nothing tells of a sandbox: a container that runs again after its success still proves a new one.
  const silent = sight.now.conditions['PodReadyToStartContainers'] === undefined;
  return proofs.map((proof, i): Beginning => {
    const provenBefore = proofs[i - 1]?.began;
    const loss = (i === 0 ? lossBetween : lossOfNext)(losses, provenBefore ?? cycle.startedAt, proof.began);
    const recreated: CycleCause = loss !== undefined || silent ? 'sandboxRecreated' : 'unknown';
    const beforeBegan = provenBefore ?? passBegan(history, cycle);
    const passes = { beforeBegan, began: proof.began, last: i === proofs.length - 1 };
    return {
      cause: rebooted(sight, cycle, passes) ? 'nodeReboot' : recreated,
      when: trigger(loss, proof.began),
      notBefore: loss?.lostAt ? null : (provenBefore ?? cycle.endedAt ?? cycle.startedAt),
      proof: `rerun|${proof.containerId}`,
      evidence: loss ? [loss.position] : [],
      supersedes: loss?.suspicion ?? null,
    };
  });
}

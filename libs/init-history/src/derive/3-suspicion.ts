/**
 * Step 5d: a sandbox in which init containers had run is gone. Whether they run again only a container can prove; until one
 * does, that is a suspicion, which moves nothing: no cycle begins by it (semantics 2.4, 8.2 step 5d).
 */
import type { Happening } from '../happenings.js';
import { newestCycle, type PodHistory, type SandboxLoss } from '../history.js';
import { text, type PodView } from '../snapshot.js';
import { instancesOf } from './instances.js';
import { nodeTime, type Sight } from './sight.js';
import { tell } from './tell.js';

/** All app containers have ended well: under OnFailure none is left to start (semantics 2.4). */
const appsSucceeded = (view: PodView): boolean =>
  view.statuses.length > 0 && view.statuses.every((status) => instancesOf(status).at(-1)?.ended?.exitCode === 0);

/** No other sandbox follows one whose pod has ended or is to end, nor under Never, nor with nothing left to start (2.4). */
function mayFollow(view: PodView): boolean {
  const { phase } = view.status;
  if (view.deletion !== null || phase === 'Failed' || phase === 'Succeeded') return false;
  const policy = text(view.spec.restartPolicy);
  return policy !== 'Never' && !(policy === 'OnFailure' && appsSucceeded(view));
}

/** The loss that is suspected to be the beginning of another cycle, while it is. */
export const suspectedLoss = (history: PodHistory, view: PodView): SandboxLoss | null =>
  mayFollow(view) ? (history.sandbox.losses.at(-1) ?? null) : null;

/** Losses of one second are numbered from the second on. */
function sameSecond({ sandbox }: PodHistory, loss: SandboxLoss): readonly number[] {
  const same = sandbox.losses.filter((one) => (one.lostAt ?? one.readyAt) === (loss.lostAt ?? loss.readyAt));
  return same.length > 1 ? [same.length] : [];
}

export function suspicion(history: PodHistory, sight: Sight): readonly Happening[] {
  const loss = suspectedLoss(history, sight.now);
  const cycle = newestCycle(history);
  if (!cycle || !loss || loss.suspicion !== null) return [];
  const at = loss.lostAt ?? loss.readyAt;
  return [
    tell(history, sight, {
      type: 'ReinitializationSuspected',
      key: [cycle.number + 1, at, ...sameSecond(history, loss)],
      when: nodeTime(at, 'status.conditions.PodReadyToStartContainers'),
      basis: 'inferred',
      rule: 'sandbox-lost',
      container: null,
      evidence: [loss.position],
      suspects: cycle.number + 1,
    }),
  ];
}

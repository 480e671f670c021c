import type { StoredObject } from '../api/kube-object.js';
import { fieldAt } from '../api/kube-object.js';
import type { Node } from './node.js';
import type { ContainerState, PodState } from './pod-state.js';
import { containersOf, loseWaiting, phaseOf } from './pod-state.js';
import { overdueMessage } from './pod-status.js';
import type { PodRuntime } from './runtime.js';
import type { Work } from './task.js';

/** What the end of a pod needs of its worker. */
export type Ending = Readonly<{
  /** The pod as its events name it. */
  bound: StoredObject;
  pod: StoredObject;
  node: Node;
  state: PodState;
  runtime: PodRuntime;
  /** Has the status as it is now written. */
  tellStatus(): void;
  /** Says so in events, and stops what runs of these. */
  stopping(containers: readonly ContainerState[], graceMs: number): void;
}>;

const lookAgainMs = 50;
const sandboxStopMs = 150;
const settleMs = 300;
/** A moment in which what was told is written. */
const tellMs = 15;
const finishMs = 1000;
const overdueStepMs = 500;
const removeMs = 500;
const againMs = 1000;

const graceMsOf = ({ pod }: Ending): number =>
  Number(pod.metadata.deletionGracePeriodSeconds ?? fieldAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30) * 1000;

function* untilStopped(worker: Ending): Work {
  while (!worker.runtime.isIdle(containersOf(worker.state))) yield lookAgainMs;
  yield sandboxStopMs;
  for (const { run } of containersOf(worker.state)) if (run) run.seen = 'exited';
  worker.runtime.stopSandbox();
  worker.state.sandbox = 'gone';
  worker.state.ending = 'stopped';
}

/** Deletion, in the order of writes of a kubelet 1.36 (recorded: deleted-during-init): `observedGeneration`, the ends, `Failed`, and the DELETE. */
function* endDeleted(worker: Ending): Work {
  const { state } = worker;
  for (const container of containersOf(state)) delete container.waiting;
  worker.stopping(containersOf(state), graceMsOf(worker));
  worker.tellStatus();
  yield* untilStopped(worker);
  if (phaseOf(worker.pod, state) === 'Pending') {
    worker.tellStatus();
    yield settleMs;
    const [first] = state.inits;
    if (first && !first.run) first.lost = true;
  }
  state.ending = 'ended';
  worker.tellStatus();
  yield removeMs;
  remove(worker);
}

function remove(worker: Ending): void {
  const { node, pod } = worker;
  if (node.api.reach() !== 'answers') return void node.clock.after(againMs, () => remove(worker));
  const { namespace = '', name, uid } = pod.metadata;
  if (node.store.get('pods', { namespace, name })?.metadata.uid !== uid) return;
  node.store.delete('pods', { namespace, name }, { gracePeriodSeconds: 0 });
}

/** The end that a pod finds by itself: sidecars are stopped, and the phase says so once nothing runs. */
function* endFinished(worker: Ending): Work {
  const { state } = worker;
  const sidecars = state.inits.filter(({ role }) => role === 'sidecar');
  const hasRebooted = state.sandbox === 'dead';
  const hadSidecars = !worker.runtime.isIdle(sidecars);
  worker.stopping(sidecars, graceMsOf(worker));
  yield* untilStopped(worker);
  if (hadSidecars || worker.node.courseOf(worker.bound).sandboxEndTold) worker.tellStatus();
  state.cgroupGone = hadSidecars || hasRebooted;
  yield finishMs;
  state.ending = 'ended';
  worker.tellStatus();
  yield settleMs;
  if (worker.pod.metadata.deletionTimestamp !== undefined) remove(worker);
}

/** The end of a pod whose time is over: the conditions say so at once, the phase only when all has stopped (recorded: active-deadline). */
function* endOverdue(worker: Ending): Work {
  const { state, node, pod } = worker;
  const tell = (): void =>
    node.events.tell(worker.bound, { type: 'Normal', reason: 'DeadlineExceeded', message: overdueMessage });
  state.overdue = true;
  tell();
  worker.tellStatus();
  yield overdueStepMs;
  tell();
  worker.stopping(containersOf(state), Number(fieldAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30) * 1000);
  yield* untilStopped(worker);
  tell();
  state.ending = 'ended';
  worker.tellStatus();
  yield overdueStepMs;
  tell();
  if (worker.pod.metadata.deletionTimestamp !== undefined) remove(worker);
}

/**
 * The end of a pod that its kubelet stops for the sake of the node: what it knows of it is told, then, once all has stopped, phase, reason, ends and
 * `DisruptionTarget`, and last that what was still waiting has no known end. The object stays. (Recorded: evicted-memory-pressure, node-shutdown.)
 */
function* endStopped(worker: Ending): Work {
  const { state } = worker;
  const { stopped } = state;
  worker.tellStatus();
  yield tellMs;
  if (stopped?.inEvent) {
    const { reason, message, annotations } = stopped;
    worker.node.events.tell(worker.bound, { type: 'Warning', reason, message, ...(annotations && { annotations }) });
  }
  worker.stopping(containersOf(state), stopped?.graceMs ?? 0);
  yield* untilStopped(worker);
  removeUnseen(worker);
  state.ending = 'ended';
  worker.tellStatus();
  yield finishMs;
  // Of a pod that was evicted its resources are read once more, of one that a shutdown ended they are not.
  if (loseWaiting(state) || stopped?.inEvent) worker.tellStatus();
  yield settleMs;
  if (worker.pod.metadata.deletionTimestamp !== undefined) remove(worker);
}

/** What the node removed to have more room, before the kubelet saw how it ended, counts as lost (recorded: evicted-disk-pressure). */
function removeUnseen({ node, bound, state }: Ending): void {
  const { containers = {} } = node.courseOf(bound);
  for (const container of containersOf(state)) {
    const { run, name } = container;
    if (!run || !containers[name]?.removedUnseen) continue;
    container.previous = { attempt: run.attempt + 1, how: 'lost' };
    delete container.run;
  }
}

const ends = { deleted: endDeleted, finished: endFinished, overdue: endOverdue, stopped: endStopped };

/** Ends a pod for good. Its status is told until nothing of it is left to tell. */
export const endPod = (worker: Ending, why: keyof typeof ends): Work => ends[why](worker);

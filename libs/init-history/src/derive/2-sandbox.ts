/**
 * Step 2: the sandbox, by PodReadyToStartContainers (1.29 and later). Its loss may be written, or be seen only by a moved
 * time while the condition is True: the kubelet computes that time against its own cache, so a False that was never
 * written still moves it (semantics 1.4, 2.4).
 */
import type { Happening } from '../happenings.js';
import { attemptsIn, cycleNumber, type PodHistory } from '../history.js';
import { text, type Condition } from '../snapshot.js';
import { before } from '../time.js';
import { conditionTime, repeated, stampOf } from './2-conditions.js';
import { beganAt, instancesOf, syntheticKey, syntheticOf } from './instances.js';
import { hadOlderSandbox } from './older-sandbox.js';
import { writtenBy } from './sandbox-reread.js';
import { basisOf, whenWritten, type Sight } from './sight.js';
import { tell } from './tell.js';

/** Its stamp, numbered where it turned to and fro within one second. */
const keyOf = (again: number, ...facts: readonly (string | null)[]): readonly (string | number | null)[] =>
  again < 2 ? facts : [...facts, again];

/** An instance was there and is no more, or the status still shows what died with the sandbox (recorded, 1.36.3: rv 2278). */
const shownToHaveRun = (history: PodHistory, sight: Sight, seenFalse: boolean): boolean =>
  hadOlderSandbox(sight) ||
  sight.now.initStatuses.some((status) => {
    const synthetic = syntheticOf(status);
    const isLost = synthetic?.reason === 'ContainerStatusUnknown';
    const isNew = synthetic !== null && history.tally.synthetic[status.name] !== syntheticKey(status, synthetic);
    return (isLost && isNew) || (seenFalse && instancesOf(status).length > 0);
  });

/** No sandbox was ever seen ready, and the one that is now is not the first. */
const isNotTheFirst = ({ sandbox: { ordinal, losses } }: PodHistory, sight: Sight): boolean =>
  ordinal === 0 && losses.length === 0 && hadOlderSandbox(sight);

/**
 * No sandbox was ever seen ready, and an init container is shown to run though none is: it began in one that is gone. The
 * condition may have turned True and back within the second of its stamp.
 */
function goneUnderRunning({ sandbox: { ordinal, lostAt } }: PodHistory, { now }: Sight): Condition | null {
  const ready = now.conditions['PodReadyToStartContainers'];
  const runs = now.initStatuses.some(({ state }) => state.running);
  return ready?.status === 'False' && ordinal === 0 && lostAt !== stampOf(ready) && runs ? ready : null;
}

/** Another pass can only follow a sandbox in which something had run. */
function hadRun(history: PodHistory, sight: Sight, seenFalse: boolean): boolean {
  const cycle = cycleNumber(history);
  const known = Object.values(history.containers).some((container) => attemptsIn(container, cycle).length > 0);
  return known || Object.keys(history.tally.apps).length > 0 || shownToHaveRun(history, sight, seenFalse);
}

function lost(history: PodHistory, sight: Sight, now: Condition): Happening {
  const seenFalse = now.status !== 'True';
  const rule = isNotTheFirst(history, sight) ? 'ran-before-ready' : 'ltt-moved';
  return tell(history, sight, {
    type: 'SandboxLost',
    key: keyOf(repeated(history, now), stampOf(now), seenFalse ? 'seen' : 'moved'),
    when: seenFalse ? conditionTime(now, sight) : { ...whenWritten(sight), at: null },
    basis: seenFalse ? basisOf(sight) : 'inferred',
    ...(seenFalse ? {} : { rule }),
    container: null,
    seenFalse,
    hadRun: hadRun(history, sight, seenFalse),
    podIP: text(sight.before.status.podIP),
  });
}

const ready = (history: PodHistory, sight: Sight, now: Condition): Happening =>
  tell(history, sight, {
    type: 'SandboxReady',
    key: keyOf(repeated(history, now), stampOf(now)),
    when: conditionTime(now, sight),
    basis: basisOf(sight),
    container: null,
    ordinal: history.sandbox.ordinal + 1,
    podIP: text(sight.now.status.podIP),
    ...writtenBy(sight.context),
  });

/** The condition, where this look changed it. */
function changed(sight: Sight): Condition | null {
  const was = sight.before.conditions['PodReadyToStartContainers'];
  const now = sight.now.conditions['PodReadyToStartContainers'];
  return !now || (was?.status === now.status && stampOf(was) === stampOf(now)) ? null : now;
}

/**
 * The sandbox after a lost one has been lost in its turn, and the same look first shows what ran in it: that proves a pass,
 * which this loss ended and did not begin (met on 1.36.3, when a node rebooted).
 */
function lostInTurn({ sandbox: { losses }, containers }: PodHistory, sight: Sight, now: Condition): boolean {
  const loss = losses.at(-1);
  if (now.status === 'True' || !loss?.lostAt || loss.readyAt === null) return false;
  const { lostAt } = loss;
  return sight.now.initStatuses.some((status) =>
    instancesOf(status).some((instance) => {
      const known = containers[status.name]?.attempts.some(({ containerId }) => containerId === instance.containerId);
      const began = beganAt(instance);
      return !known && !before(began, lostAt) && before(began, stampOf(now));
    }),
  );
}

export function sandbox(history: PodHistory, sight: Sight): readonly Happening[] {
  const now = changed(sight) ?? goneUnderRunning(history, sight);
  if (!now || lostInTurn(history, sight, now)) return [];
  return turned(history, sight, now);
}

/** After the cycle that was lost with it has been told. */
export function sandboxInTurn(history: PodHistory, sight: Sight): readonly Happening[] {
  const now = changed(sight);
  const isTold = !now || now.status === 'True' || history.sandbox.lostAt === stampOf(now);
  return isTold ? [] : turned(history, sight, now);
}

function turned(history: PodHistory, sight: Sight, now: Condition): readonly Happening[] {
  const was = sight.before.conditions['PodReadyToStartContainers'];
  const told: Happening[] = [];
  // A False that moved was True in between: the kubelet's own cache saw it (semantics 1.4).
  const moved = was?.status === 'False' && now.status === 'False';
  const wasTrue = was?.status === 'True' || moved;
  const unseen = isNotTheFirst(history, sight) || goneUnderRunning(history, sight) !== null;
  if (wasTrue || unseen) told.push(lost(history, sight, now));
  if (now.status === 'True') told.push(ready(history, sight, now));
  return told;
}

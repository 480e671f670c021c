/**
 * What the current init container waits for, and the back-off it entered (semantics 8.1, 8.2 end). Only the current one:
 * `PodInitializing` of those whose turn has not come says nothing.
 */
import { sourceOfWaiting } from '../category-source.js';
import type { Happening } from '../happenings.js';
import { containerOf, cycleNumber, newestCycle, type PodHistory } from '../history.js';
import { text } from '../snapshot.js';
import { categoryOfWaiting } from '../taxonomy.js';
import { goSeconds } from '../kube-events.js';
import { currentOf } from './satisfied.js';
import { basisOf, whenWritten, type Sight } from './sight.js';
import { tell } from './tell.js';

/** The delay is read from the message: it is no constant (semantics 2.2). */
const delayOf = (message: string | null): number | null => {
  const delay = /^back-off (\S+) restarting/.exec(message ?? '')?.[1];
  return delay === undefined ? null : goSeconds(delay);
};

function backOff(
  history: PodHistory,
  sight: Sight,
  of: Readonly<{ name: string; index: number; waitSeq: number }>,
): readonly Happening[] {
  const waiting = sight.now.initStatuses.find((one) => one.name === of.name)?.state.waiting;
  const reason = text(waiting?.reason);
  if (reason !== 'CrashLoopBackOff' && reason !== 'ImagePullBackOff') return [];
  return [
    tell(history, sight, {
      type: 'InitContainerBackoffEntered',
      key: [cycleNumber(history), of.name, reason, of.waitSeq],
      when: whenWritten(sight),
      basis: basisOf(sight),
      container: of.name,
      index: of.index,
      kind: reason === 'CrashLoopBackOff' ? 'crash' : 'image',
      delaySeconds: delayOf(text(waiting?.message)),
    }),
  ];
}

export function awaiting(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history);
  if (!cycle || cycle.outcome !== 'running') return [];
  const current = currentOf(history, sight.now, cycle.number);
  const status = sight.now.initStatuses.find((one) => one.name === current?.name);
  if (!current || !status?.state.waiting) return [];
  const reason = text(status.state.waiting.reason) ?? '';
  const known = containerOf(history, current.name);
  if (known.waiting?.reason === reason && known.waiting.cycle === cycle.number) return [];
  const index = sight.now.initContainers.indexOf(current);
  const waitSeq = known.waitSeq + 1;
  return [
    tell(history, sight, {
      type: 'InitContainerWaiting',
      key: [cycle.number, current.name, reason, waitSeq],
      when: whenWritten(sight),
      basis: basisOf(sight),
      container: current.name,
      index,
      reason,
      message: text(status.state.waiting.message),
      category: categoryOfWaiting(reason, status.lastState.terminated),
      categorySource: sourceOfWaiting(current.name),
      waitSeq,
    }),
    ...backOff(history, sight, { name: current.name, index, waitSeq }),
  ];
}

/** Step 2: conditions, and what only they tell: scheduling, the node's acceptance, the sandbox (semantics 8.2 step 2). */
import type { Happening } from '../happenings.js';
import type { PodHistory } from '../history.js';
import { text, type Condition } from '../snapshot.js';
import { refused } from './instances.js';
import { writtenBy } from './sandbox-reread.js';
import { sha1 } from '../uuid.js';
import { apiTime, basisOf, nodeTime, whenWritten, type Moment, type Sight } from './sight.js';
import { tell } from './tell.js';

type Step = (history: PodHistory, sight: Sight) => readonly Happening[];

const stampOf = (condition: Condition | undefined): string | null => text(condition?.lastTransitionTime);

/** The first `PodScheduled=True` and `False` come from the control plane, DisruptionTarget too: not the node's clock (1.1, 1.4). */
const conditionTime = (condition: Condition): Moment =>
  condition.type === 'PodScheduled' || condition.type === 'DisruptionTarget'
    ? apiTime(stampOf(condition), `status.conditions.${condition.type}`)
    : nodeTime(stampOf(condition), `status.conditions.${condition.type}`);

const moved = (before: Condition | undefined, now: Condition): boolean =>
  before?.status !== now.status || text(before?.reason) !== text(now.reason) || stampOf(before) !== stampOf(now);

const changedConditions: Step = (history, sight) =>
  Object.values(sight.now.conditions)
    .filter((condition) => moved(sight.before.conditions[condition.type], condition))
    .map((condition) =>
      tell(history, sight, {
        type: 'ConditionChanged',
        key: [condition.type, text(condition.status), stampOf(condition), text(condition.reason)],
        when: conditionTime(condition),
        basis: basisOf(sight),
        container: null,
        condition: condition.type,
        from: text(sight.before.conditions[condition.type]?.status),
        to: text(condition.status),
        reason: text(condition.reason),
        message: text(condition.message),
      }),
    );

const scheduling: Step = (history, sight) => {
  const condition = sight.now.conditions['PodScheduled'];
  if (condition?.status === 'True' && history.scheduledAt === null) {
    return [
      tell(history, sight, {
        type: 'PodScheduled',
        key: [stampOf(condition)],
        when: conditionTime(condition),
        basis: basisOf(sight),
        container: null,
        node: text(sight.now.spec.nodeName),
      }),
    ];
  }
  if (condition?.status !== 'False') return [];
  const [reason, message] = [text(condition.reason) ?? '', text(condition.message)];
  if (history.scheduling?.reason === reason && history.scheduling.message === message) return [];
  return [
    tell(history, sight, {
      type: 'SchedulingBlocked',
      key: [stampOf(condition), reason, sha1(message ?? '')],
      when: conditionTime(condition),
      basis: basisOf(sight),
      container: null,
      reason,
      message,
    }),
  ];
};

const acceptance: Step = (history, sight) => {
  const startTime = text(sight.now.status.startTime);
  if (startTime === null || text(sight.before.status.startTime) !== null || refused(sight.now)) return [];
  return [
    tell(history, sight, {
      type: 'PodAcceptedByNode',
      key: [startTime],
      when: nodeTime(startTime, 'status.startTime'),
      basis: basisOf(sight),
      container: null,
      node: text(sight.now.spec.nodeName),
      hostIP: text(sight.now.status.hostIP),
    }),
  ];
};

/**
 * The sandbox. Its loss may be written, or be seen only by a moved time while the condition is True: the kubelet computes
 * that time against its own cache, so a False that was never written still moves it (semantics 1.4, 2.4).
 */
const sandbox: Step = (history, sight) => {
  const type = 'PodReadyToStartContainers';
  const before = sight.before.conditions[type];
  const now = sight.now.conditions[type];
  if (!now || (before?.status === now.status && stampOf(before) === stampOf(now))) return [];
  const seenFalse = before?.status === 'True' && now.status === 'False';
  const movedWhileTrue = before?.status === 'True' && now.status === 'True';
  const told: Happening[] = [];
  if (seenFalse || movedWhileTrue) {
    told.push(
      tell(history, sight, {
        type: 'SandboxLost',
        key: [stampOf(now), seenFalse ? 'seen' : 'moved'],
        when: seenFalse ? conditionTime(now) : { ...whenWritten(sight), at: null },
        basis: seenFalse ? basisOf(sight) : 'inferred',
        ...(seenFalse ? {} : { rule: 'ltt-moved' }),
        container: null,
        seenFalse,
      }),
    );
  }
  if (now.status === 'True') {
    told.push(
      tell(history, sight, {
        type: 'SandboxReady',
        key: [stampOf(now)],
        when: conditionTime(now),
        basis: basisOf(sight),
        container: null,
        ordinal: history.sandbox.ordinal + 1,
        podIP: text(sight.now.status.podIP),
        ...writtenBy(sight.context),
      }),
    );
  }
  return told;
};

const disruption: Step = (history, sight) => {
  const condition = sight.now.conditions['DisruptionTarget'];
  if (condition?.status !== 'True' || history.disruption?.reason === (text(condition.reason) ?? '')) return [];
  return [
    tell(history, sight, {
      type: 'DisruptionAnnounced',
      key: [stampOf(condition), text(condition.reason)],
      when: conditionTime(condition),
      basis: basisOf(sight),
      container: null,
      reason: text(condition.reason) ?? '',
      message: text(condition.message),
    }),
  ];
};

export const conditions: Step = (history, sight) =>
  [changedConditions, scheduling, acceptance, sandbox, disruption].flatMap((step) => step(history, sight));

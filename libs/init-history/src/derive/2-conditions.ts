/** Step 2: conditions as they stand, and the disruption that one of them announces (semantics 8.2 step 2, 3.3). */
import type { Happening } from '../happenings.js';
import { faceOf, type PodHistory } from '../history.js';
import { staticPodUid, text, type Condition } from '../snapshot.js';
import { apiTime, basisOf, nodeTime, whenWritten, type Moment, type Sight } from './sight.js';
import { tell } from './tell.js';

/** When a condition turned, by whoever wrote it. */
export const stampOf = (condition: Condition | undefined): string | null => text(condition?.lastTransitionTime);

/**
 * Of a pod that was born on its node, as a static pod or with `spec.nodeName`, no binding tells: the kubelet writes
 * PodScheduled itself (recorded, 1.36.3: static-pod, where it is older than its mirror).
 */
const bornOnItsNode = ({ before, now }: Sight): boolean =>
  staticPodUid(now) !== null ||
  (text(before.spec.nodeName) !== null && before.conditions['PodScheduled'] === undefined);

/** PodScheduled comes from the binding or the scheduler, DisruptionTarget from a controller: not the node's clock (1.1, 1.4). */
export function conditionTime(condition: Condition, sight: Sight): Moment {
  const source = `status.conditions.${condition.type}`;
  const elsewhere =
    condition.type === 'DisruptionTarget' || (condition.type === 'PodScheduled' && !bornOnItsNode(sight));
  return elsewhere ? apiTime(stampOf(condition), source) : nodeTime(stampOf(condition), source);
}

const moved = (before: Condition | undefined, now: Condition): boolean =>
  before?.status !== now.status || text(before?.reason) !== text(now.reason) || stampOf(before) !== stampOf(now);

/** How often this face was told with this very stamp; 0 but for what turned back within one second (semantics 1.4). */
export function repeated(history: PodHistory, condition: Condition): number {
  const known = history.faces[condition.type];
  if (!known || known.at !== stampOf(condition)) return 0;
  const face = faceOf(text(condition.status), text(condition.reason));
  return known.told.filter((one) => one === face).length;
}

/** The facts that make a condition's change the same whenever it is seen (semantics 8.3). */
function keyOf(history: PodHistory, condition: Condition): readonly (string | number | null)[] {
  const again = repeated(history, condition);
  const facts = [condition.type, text(condition.status), stampOf(condition), text(condition.reason)];
  return again === 0 ? facts : [...facts, again];
}

function changedConditions(history: PodHistory, sight: Sight): readonly Happening[] {
  return Object.values(sight.now.conditions)
    .filter((condition) => moved(sight.before.conditions[condition.type], condition))
    .map((condition) =>
      tell(history, sight, {
        type: 'ConditionChanged',
        key: keyOf(history, condition),
        when: conditionTime(condition, sight),
        basis: basisOf(sight),
        container: null,
        condition: condition.type,
        from: text(sight.before.conditions[condition.type]?.status),
        to: text(condition.status),
        reason: text(condition.reason),
        message: text(condition.message),
      }),
    );
}

/** A status that was replaced has lost its conditions: the kubelet refused the pod (semantics 2.9). */
function goneConditions(history: PodHistory, sight: Sight): readonly Happening[] {
  return Object.values(sight.before.conditions)
    .filter((condition) => sight.now.conditions[condition.type] === undefined)
    .map((condition) =>
      tell(history, sight, {
        type: 'ConditionChanged',
        key: [...keyOf(history, condition), 'gone'],
        when: { ...whenWritten(sight), at: null },
        basis: basisOf(sight),
        container: null,
        condition: condition.type,
        from: text(condition.status),
        to: null,
        reason: null,
        message: null,
      }),
    );
}

function disruption(history: PodHistory, sight: Sight): readonly Happening[] {
  const condition = sight.now.conditions['DisruptionTarget'];
  if (condition?.status !== 'True') return [];
  const reason = text(condition.reason) ?? '';
  if (history.disruption?.reason === reason && history.disruption.at === stampOf(condition)) return [];
  return [
    tell(history, sight, {
      type: 'DisruptionAnnounced',
      key: [stampOf(condition), reason],
      when: conditionTime(condition, sight),
      basis: basisOf(sight),
      container: null,
      reason,
      message: text(condition.message),
    }),
  ];
}

export const conditions = (history: PodHistory, sight: Sight): readonly Happening[] => [
  ...changedConditions(history, sight),
  ...goneConditions(history, sight),
  ...disruption(history, sight),
];

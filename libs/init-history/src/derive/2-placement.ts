/** Step 2: where the pod is to run: held up, scheduled, accepted by its node (semantics 1.1, 1.2 rows 1 to 4). */
import type { Happening } from '../happenings.js';
import type { PodHistory } from '../history.js';
import { text } from '../snapshot.js';
import { sha1 } from '../uuid.js';
import { conditionTime, stampOf } from './2-conditions.js';
import { refused } from './instances.js';
import { basisOf, nodeTime, type Sight } from './sight.js';
import { tell } from './tell.js';

function scheduled(history: PodHistory, sight: Sight): readonly Happening[] {
  const condition = sight.now.conditions['PodScheduled'];
  if (condition?.status !== 'True' || history.scheduledAt !== null) return [];
  return [
    tell(history, sight, {
      type: 'PodScheduled',
      key: [stampOf(condition)],
      when: conditionTime(condition, sight),
      basis: basisOf(sight),
      container: null,
      node: text(sight.now.spec.nodeName),
    }),
  ];
}

/**
 * Gated, or without a node that fits. The condition keeps its stamp while its text changes to and fro with the cluster:
 * what was told before is told again, numbered.
 */
function blocked(history: PodHistory, sight: Sight): readonly Happening[] {
  const condition = sight.now.conditions['PodScheduled'];
  if (condition?.status !== 'False') return [];
  const [reason, message] = [text(condition.reason) ?? '', text(condition.message)];
  const known = history.scheduling;
  if (known?.reason === reason && known.message === message) return [];
  return [
    tell(history, sight, {
      type: 'SchedulingBlocked',
      key: [stampOf(condition), reason, sha1(message ?? ''), history.blocks],
      when: conditionTime(condition, sight),
      basis: basisOf(sight),
      container: null,
      reason,
      message,
    }),
  ];
}

/** The kubelet's first sync writes `startTime`; of a refused pod it is no acceptance (recorded, 1.36.3: rejected-by-node). */
function accepted(history: PodHistory, sight: Sight): readonly Happening[] {
  const startTime = text(sight.now.status.startTime);
  if (startTime === null || history.acceptedAt !== null || refused(sight.now)) return [];
  return [
    tell(history, sight, {
      type: 'PodAcceptedByNode',
      key: [startTime],
      when: nodeTime(startTime, 'status.startTime'),
      basis: basisOf(sight),
      container: null,
      node: text(sight.now.spec.nodeName),
      hostIP: text(sight.now.status.hostIP),
      kubeletVersion: sight.context.node?.kubeletVersion ?? null,
    }),
  ];
}

export const placement = (history: PodHistory, sight: Sight): readonly Happening[] => [
  ...scheduled(history, sight),
  ...blocked(history, sight),
  ...accepted(history, sight),
];

/** Step 0: the first look at a pod, or the first after it was told to be gone (semantics 8.2 step 0). */
import type { Happening } from '../happenings.js';
import { declaredIn } from '../context-names.js';
import type { PodHistory } from '../history.js';
import { number, staticPodUid, text, type ContainerStatus, type PodView } from '../snapshot.js';
import { apiTime, basisOf, whenSeen, type Sight } from './sight.js';
import { tell } from './tell.js';

const untouched = (status: ContainerStatus): boolean =>
  !status.state.running && !status.state.terminated && !status.lastState.terminated && !status.containerID;

/** Nothing can have been missed of a pod in which no container had begun when it was found. */
const complete = (view: PodView): boolean => [...view.initStatuses, ...view.statuses].every(untouched);

export function firstLook(history: PodHistory, sight: Sight): readonly Happening[] {
  const { now } = sight;
  if (history.first !== null || now.metadata.uid === undefined) return [];
  return [
    tell(history, sight, {
      type: 'PodFirstObserved',
      key: [],
      when: apiTime(now.metadata.creationTimestamp, 'metadata.creationTimestamp'),
      basis: basisOf(sight),
      container: null,
      supersedes: history.unseen?.happening ?? null,
      uid: now.metadata.uid,
      namespace: now.metadata.namespace ?? '',
      name: now.metadata.name ?? '',
      labels: now.metadata.labels,
      owners: now.metadata.ownerReferences,
      createdAt: text(now.metadata.creationTimestamp),
      node: text(now.spec.nodeName),
      restartPolicy: text(now.spec.restartPolicy),
      activeDeadlineSeconds: number(now.spec.activeDeadlineSeconds),
      initContainers: declaredIn(now),
      mirrorOf: staticPodUid(now),
      mirrorBefore: sight.context.mirrors.findLast(({ podUid }) => podUid !== now.metadata.uid) ?? null,
      historyComplete: complete(now),
    }),
  ];
}

/**
 * It is there, so it was not gone: a list had left it out, or the server was set back to an older state (semantics 6.3).
 * The end that was told of it is taken back.
 */
export function seenAgain(history: PodHistory, sight: Sight): readonly Happening[] {
  const { gone } = history;
  if (gone === null) return [];
  return [
    tell(history, sight, {
      type: 'PodSeenAgain',
      key: [history.goings],
      when: whenSeen(sight),
      basis: basisOf(sight),
      container: null,
      supersedes: gone.happening,
      evidence: [gone.position],
      afterHow: gone.how,
    }),
  ];
}

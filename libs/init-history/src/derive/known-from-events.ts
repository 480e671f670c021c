/** A pod that was born and died while nobody looked: its Events alone tell of it. */
import type { Happening } from '../happenings.js';
import type { PodHistory } from '../history.js';
import { notAfter } from '../resource-version.js';
import { initContainersOf, type UnseenPod } from '../unseen-pod.js';
import type { Sight } from './sight.js';
import { tell } from './tell.js';

/**
 * The pod was there when an Event of it was written, which names the resourceVersion that the pod then had; a complete
 * list that is as new does not have it. So it had gone by then. Events and pods have no common order (semantics 6.4): a
 * pod that is newer than the list has a frame to come, however late.
 */
const wentUnseen = (unseen: UnseenPod, { context }: Sight): boolean =>
  notAfter(unseen.resourceVersion, context.podsListed?.resourceVersion ?? null);

/** Told once; a frame that shows it after all supersedes this. */
export function knownFromEvents(history: PodHistory, sight: Sight): readonly Happening[] {
  const { first, unseen } = history;
  if (first !== null || unseen === null || unseen.happening !== null || !wentUnseen(unseen, sight)) return [];
  return [
    tell(history, sight, {
      type: 'PodKnownFromEvents',
      key: [unseen.uid],
      when: { at: null, atSource: 'none', precisionMs: 1, clock: 'emitter' },
      basis: 'inferred',
      rule: 'absent-from-list',
      container: null,
      cycle: 0,
      evidence: [...unseen.traces.map(({ position }) => position), unseen.position],
      uid: unseen.uid,
      namespace: unseen.namespace,
      name: unseen.name,
      node: unseen.node,
      initContainers: initContainersOf(unseen),
      proven: unseen.traces,
    }),
  ];
}

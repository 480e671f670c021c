/** Step 1: what changed of the spec, and the mark of deletion (semantics 8.2 step 1). */
import type { Happening } from '../happenings.js';
import type { PodHistory } from '../history.js';
import { number, text, type ContainerSpec } from '../snapshot.js';
import { millis, rfc3339 } from '../time.js';
import { apiTime, basisOf, whenSpecWritten, type Sight } from './sight.js';
import { tell } from './tell.js';

const changeable = {
  image: (container: ContainerSpec) => text(container.image),
  resources: (container: ContainerSpec) => container.resources,
} as const;

type Field = keyof typeof changeable;

const fields: readonly Field[] = ['image', 'resources'];

/** An init container's image and resources may be changed; nothing begins again for it (semantics 2.7). */
function initContainersChanged(history: PodHistory, sight: Sight): readonly Happening[] {
  const generation = number(sight.now.metadata.generation);
  return sight.now.initContainers.flatMap((container, index) => {
    const before = sight.before.initContainers.find((other) => other.name === container.name);
    return before ? fields.flatMap((field) => changed(field, before, container, index)) : [];
  });

  function changed(field: Field, before: ContainerSpec, container: ContainerSpec, index: number): readonly Happening[] {
    const [from, to] = [changeable[field](before), changeable[field](container)];
    if (from === to) return [];
    return [
      tell(history, sight, {
        type: 'InitContainerSpecChanged',
        key: [generation, container.name, field, to],
        when: whenSpecWritten(sight),
        basis: basisOf(sight),
        container: container.name,
        index,
        field,
        from,
        to,
        generation,
      }),
    ];
  }
}

/** `deletionTimestamp` is the request's time plus the grace period. */
function requestedAt(timestamp: string, graceSeconds: number): string {
  const due = millis(timestamp);
  return due === null ? timestamp : rfc3339(due - graceSeconds * 1000).replace('.000Z', 'Z');
}

function deletionRequested(history: PodHistory, sight: Sight): readonly Happening[] {
  const timestamp = text(sight.now.deletion?.deletionTimestamp);
  if (timestamp === null || history.deletion !== null) return [];
  const graceSeconds = number(sight.now.deletion?.deletionGracePeriodSeconds);
  return [
    tell(history, sight, {
      type: 'PodDeletionRequested',
      key: history.goings === 0 ? [] : [history.goings],
      when: apiTime(requestedAt(timestamp, graceSeconds ?? 0), 'metadata.deletionTimestamp'),
      basis: basisOf(sight),
      container: null,
      graceSeconds,
    }),
  ];
}

export const specChanges = (history: PodHistory, sight: Sight): readonly Happening[] => [
  ...initContainersChanged(history, sight),
  ...deletionRequested(history, sight),
];

/** What a changed spec did to a container that was running: another image, other resources (semantics 2.7). */
import type { Happening } from '../happenings.js';
import { isSidecar, number, text } from '../snapshot.js';
import type { Instance } from './instances.js';
import type { Place } from './place.js';
import { basisOf, nodeTime, whenWritten } from './sight.js';
import { tell } from './tell.js';

/**
 * A running sidecar whose image was changed is killed and started anew (recorded, 1.36.3: image-changed-during-init
 * `proxied`). A regular init container runs on with the image that it was started with.
 */
export function replaced(place: Place, fresh: readonly Instance[]): readonly Happening[] {
  const { history, sight, spec, index, known } = place;
  const change = known.imageChange;
  const [next] = fresh;
  if (!isSidecar(spec) || !change?.running || !next) return [];
  return [
    tell(history, sight, {
      type: 'SidecarReplaced',
      key: [change.running, next.containerId],
      when: nodeTime(next.startedAt, `${next.from}.startedAt`),
      basis: 'inferred',
      rule: 'image-changed',
      container: spec.name,
      evidence: [change.position],
      index,
      containerId: next.containerId,
      replaces: change.running,
      from: change.from,
      to: change.to,
    }),
  ];
}

/** The kubelet shows other resources for the instance that runs (recorded, 1.36.3: resize). */
export function resized({ history, sight, spec, status, index }: Place): readonly Happening[] {
  const before = sight.before.initStatuses.find((one) => one.name === spec.name);
  const containerId = text(status.containerID);
  if (!before || containerId === null || containerId !== text(before.containerID) || !status.state.running) return [];
  const [from, to] = [before.resources, status.resources];
  if (from === null || from === to) return [];
  return [
    tell(history, sight, {
      type: 'InitContainerResized',
      key: [containerId, number(sight.now.metadata.generation), to],
      when: whenWritten(sight),
      basis: basisOf(sight),
      container: spec.name,
      index,
      containerId,
      from,
      to,
    }),
  ];
}

/** What one page of the log will ask for, before any of it is folded. Pure. */
import type { Observation, ObservationGap } from '#libs/init-history';
import { kindOf } from '../context/context-version.js';
import type { ContextKind, ContextObserved } from '../context/context-version.js';
import { controllerOf, isAboutStaticPod, namesAfter, unnamed } from '../context/pod-names.js';
import type { Input, Moving } from './pod-fold.js';

/** Keys, streams and subjects that a page touches. */
export type Needs = Readonly<{
  /** Pods whose own observations or Events are in the page. */
  pods: readonly string[];
  /** Context that its pods and owners name. */
  keys: readonly string[];
  /** Subjects of context that it observes. */
  subjects: Readonly<Record<ContextKind, readonly string[]>>;
  /** Static pods that it names, by their own uid. */
  twins: readonly string[];
}>;

/** Reads a page for what it needs. */
export function needsOf(inputs: readonly Input[]): Needs {
  const pods = new Set<string>();
  const twins = new Set<string>();
  const keys = new Set<string>();
  const subjects = { node: new Set<string>(), owner: new Set<string>(), namespace: new Set<string>() };
  for (const { streamId, observation } of inputs) {
    if (isOfContext(observation)) {
      subjects[kindOf(observation)].add(streamId);
      const controller = controllerOf(metadataOf(observation)['ownerReferences']);
      if (controller !== null) keys.add(`owner:${controller}`);
    } else if (isOfStaticPod(observation)) {
      twins.add(streamId);
    } else if (isOfPod(observation)) {
      pods.add(streamId);
      const { namespace, node, controller, twin } = namesAfter(unnamed, observation);
      if (namespace !== null) keys.add(`namespace:${namespace}`);
      if (node !== null) keys.add(`node:${node}`);
      if (controller !== null) keys.add(`owner:${controller}`);
      if (twin !== null) twins.add(twin);
    }
  }
  return {
    pods: [...pods],
    keys: [...keys],
    subjects: { node: [...subjects.node], owner: [...subjects.owner], namespace: [...subjects.namespace] },
    twins: [...twins],
  };
}

/** A node, an owner or a namespace was observed. */
export const isOfContext = (observation: Observation): observation is ContextObserved =>
  observation.type === 'NodeObserved' ||
  observation.type === 'OwnerObserved' ||
  observation.type === 'NamespaceObserved';

/** An Event whose stream is no pod that any watch shows. */
export const isOfStaticPod = (observation: Observation): boolean =>
  observation.type === 'KubeEventObserved' && isAboutStaticPod(observation.event.involvedObject.uid);

/** A gap was noted: it concerns every pod that lives. */
const isGap = (input: Input): input is Input<ObservationGap> => input.observation.type === 'ObservationGap';

/** A list of pods was complete: it concerns every pod that only Events told of. */
export const isPodsList = ({ observation }: Input): boolean =>
  observation.type === 'WatchOpened' && observation.resource === 'pods';

/** It concerns pods that it does not name: a batch of its own. */
export const isShardWide = (input: Input): boolean => isGap(input) || isPodsList(input);

/** The same before an event is read: true for all that are, and for some that are not. */
export const mayBeShardWide = (type: string): boolean => type === 'ObservationGap' || type === 'WatchOpened';

/** What a pod can be moved by; the others tell of the watch alone. */
export const isMoving = (input: Input): input is Input<Moving> =>
  isOfPod(input.observation) || isOfContext(input.observation) || isShardWide(input);

const isOfPod = ({ type }: Observation): boolean =>
  type === 'PodObserved' || type === 'PodGone' || type === 'KubeEventObserved';

function metadataOf({ parts }: ContextObserved): Readonly<Record<string, unknown>> {
  const metadata = parts['metadata'];
  return typeof metadata === 'object' && metadata !== null ? (metadata as Readonly<Record<string, unknown>>) : {};
}

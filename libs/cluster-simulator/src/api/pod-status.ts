import { isFields, listAt, type Fields, type KubeObject } from './kube-object.js';

const conditionOrder = [
  'type',
  'observedGeneration',
  'status',
  'lastProbeTime',
  'lastTransitionTime',
  'reason',
  'message',
];
const lists = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'];

/** A pod's status as Go writes it: times that were not said are null, and a container's status is whole. */
export function decodePodStatus(pod: KubeObject): void {
  const status = pod['status'];
  if (!isFields(status)) return;
  if (Array.isArray(status['conditions'])) {
    status['conditions'] = listAt(status, 'conditions').map((one) => (isFields(one) ? decodedCondition(one) : one));
  }
  for (const list of lists) {
    if (Array.isArray(status[list])) {
      status[list] = listAt(status, list).map((one) => (isFields(one) ? decodedContainer(one) : one));
    }
  }
}

function decodedCondition(condition: Fields): Fields {
  const whole: Fields = { lastProbeTime: null, lastTransitionTime: null, ...condition };
  return Object.fromEntries(
    conditionOrder.filter((name) => whole[name] !== undefined).map((name) => [name, whole[name]]),
  );
}

function decodedContainer(given: Fields): Fields {
  const { name, state, lastState, ready, restartCount, image, imageID, ...rest } = given;
  return {
    name,
    state: state ?? {},
    lastState: lastState ?? {},
    ready: ready ?? false,
    restartCount: restartCount ?? 0,
    image: image ?? '',
    imageID: imageID ?? '',
    ...rest,
  };
}

import type { Fields } from '../api/kube-object.js';
import { fieldAt, isFields, listAt, textAt } from '../api/kube-object.js';
import type { ContainerState, PodState } from './pod-state.js';
import { containersOf, mayRestartAll, ruleMatching } from './pod-state.js';

const statusesIn = (status: Fields): Fields[] =>
  [...listAt(status, 'initContainerStatuses'), ...listAt(status, 'containerStatuses')].filter(isFields);

function mayLeave({ spec, role }: ContainerState, exitCode: number, policy: string): boolean {
  if (role === 'sidecar' || ruleMatching(spec, exitCode) !== undefined) return true;
  const own = textAt(spec, 'restartPolicy') || policy;
  return own === 'Always' || (own === 'OnFailure' && exitCode !== 0);
}

/**
 * Whether a status takes back an end that was told and is final under the pod's policy. The status manager drops such a status whole
 * (checkContainerStateTransition, k/k:pkg/kubelet/status/status_manager.go): so a second cycle under OnFailure is hidden (recorded: sandbox-killed-on-failure).
 */
export function leavesAnEnd(told: Fields, next: Fields, state: PodState, policy: string): boolean {
  if (policy === 'Always' || mayRestartAll(state)) return false;
  const nextByName = new Map(statusesIn(next).map((one) => [textAt(one, 'name'), one]));
  return statusesIn(told).some((before) => {
    const end = fieldAt(before, 'state', 'terminated');
    const after = nextByName.get(textAt(before, 'name'));
    if (!isFields(end) || !after || isFields(fieldAt(after, 'state', 'terminated'))) return false;
    const container = containersOf(state).find(({ name }) => name === textAt(before, 'name'));
    return container !== undefined && !mayLeave(container, Number(end['exitCode']), policy);
  });
}

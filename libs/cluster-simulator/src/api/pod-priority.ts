import { fieldsIn, textAt, type Fields, type KubeObject } from './kube-object.js';
import { forbidden } from './refusals.js';

/** The classes that every cluster has (`k/k:pkg/apis/scheduling/helpers.go`). */
const builtIn: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/**
 * Writes the priority that the pod's class stands for, as the admission plugin Priority does; without a class the defaults stay.
 *
 * @throws ApiError 403 where no class has that name, or the pod contradicts its class
 */
export function admitPriority(pod: KubeObject, classOf: (name: string) => Fields | undefined): void {
  const name = textAt(pod, 'spec', 'priorityClassName');
  if (name === '') return;
  const found = classOf(name);
  const value = found ? found['value'] : builtIn[name];
  const refused = (why: string) => forbidden({ name: 'pods', group: '' }, pod.metadata.name ?? '', why);
  if (value === undefined) throw refused(`no PriorityClass with name ${name} was found`);
  const preemptionPolicy = textAt(found, 'preemptionPolicy') || 'PreemptLowerPriority';
  const own = textAt(pod, 'spec', 'preemptionPolicy');
  if (own !== '' && own !== preemptionPolicy)
    throw refused(
      `the string value of PreemptionPolicy (${own}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
  Object.assign(fieldsIn(pod, 'spec'), { priority: value, preemptionPolicy });
}

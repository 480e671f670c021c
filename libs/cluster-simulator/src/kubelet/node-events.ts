import { EventRecorder, type Told } from './event-recorder.js';
import type { Node } from './node.js';

/** A kubelet says something of its node in an event. */
export function tellOfNode({ store, clock, name }: Pick<Node, 'store' | 'clock' | 'name'>, told: Told): void {
  const node = store.get('nodes', { namespace: '', name });
  if (node) new EventRecorder(store, clock, { component: 'kubelet', host: name, about: 'nodes' }).tell(node, told);
}

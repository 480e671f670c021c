import type { Fields, StoredObject } from '../api/kube-object.js';
import type { Node } from './node.js';
import { isThatPod } from './mirrors.js';

/** A kubelet's status manager, for one pod: it writes the latest status a moment after it was told one. */
export class StatusWriter {
  private latest: Fields | undefined;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly node: Node,
    private readonly pod: StoredObject,
  ) {}

  write(status: Fields): void {
    this.latest = status;
    this.cancel ??= this.node.clock.after(this.node.random.between(6, 12), () => this.flush());
  }

  /** Writes at once what waits to be written. */
  flush(): void {
    this.cancel?.();
    this.cancel = undefined;
    const status = this.latest;
    // What could not be written waits for the next telling, or for the first moment at which the API answers again.
    if (!status || !this.node.reachesApi()) return;
    this.latest = undefined;
    const { namespace = '', name } = this.pod.metadata;
    const found = this.node.store.get('pods', { namespace, name });
    if (!found || !isThatPod(found, this.pod)) return;
    this.node.store.updateStatus('pods', { namespace, name }, (draft) => void (draft.status = status), {
      manager: 'kubelet',
    });
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.latest = undefined;
  }
}

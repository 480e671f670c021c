import type { Cancel } from '../api/clock.js';
import type { Fields, StoredObject } from '../api/kube-object.js';
import type { Node } from './node.js';
import { isThatPod } from './mirrors.js';
import type { Unwritten } from './status-manager.js';

/** What a kubelet's status manager has of one pod: it writes the latest status a moment after it was told one. */
export class StatusWriter implements Unwritten {
  private latest: Fields | undefined;
  private cancel: Cancel | undefined;
  private isOver = false;

  constructor(
    private readonly node: Node,
    private readonly pod: StoredObject,
  ) {}

  write(status: Fields): void {
    this.latest = status;
    this.cancel ??= this.node.clock.after(this.node.random.between(6, 12), () => this.flush());
  }

  /** Has written at once what waits to be written. */
  flush(): void {
    this.cancel?.();
    this.cancel = undefined;
    if (this.latest) this.node.statuses.sync(this);
  }

  /** What is to be written, which is taken from it. */
  take(): Fields | undefined {
    const status = this.latest;
    this.latest = undefined;
    return status;
  }

  /** Writes a status that was taken, if the pod is still the same. */
  put(status: Fields | undefined): void {
    if (!status || this.isOver) return;
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
    this.isOver = true;
  }
}

import type { Clock } from '../api/clock.js';
import type { Fields, StoredObject } from '../api/kube-object.js';
import type { Random } from './random.js';
import type { Store } from './store.js';

/** A kubelet's status manager, for one pod: it writes the latest status a moment after it was told one. */
export class StatusWriter {
  private latest: Fields | undefined;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly pod: StoredObject,
  ) {}

  write(status: Fields): void {
    this.latest = status;
    this.cancel ??= this.clock.after(this.random.between(6, 12), () => this.flush());
  }

  /** Writes at once what waits to be written. */
  flush(): void {
    this.cancel?.();
    this.cancel = undefined;
    const status = this.latest;
    this.latest = undefined;
    if (!status) return;
    const { namespace = '', name, uid } = this.pod.metadata;
    if (this.store.get('pods', { namespace, name })?.metadata.uid !== uid) return;
    this.store.updateStatus('pods', { namespace, name }, (draft) => void (draft.status = status), {
      manager: 'kubelet',
    });
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.latest = undefined;
  }
}

import type { Cancel, Clock } from '../api/clock.js';
import type { Fields } from '../api/kube-object.js';
import type { ApiReach } from '../api/outage.js';

/** The status of a pod that is to be written. */
export type Unwritten = Readonly<{
  /** The latest, which is taken from it. */
  take(): Fields | undefined;
  /** Writes one that was taken. */
  put(status: Fields | undefined): void;
}>;

const batchMs = 10_000;

/**
 * A kubelet's status manager: one request at a time, with the latest status of each pod. What the API refuses is tried again with the next status of any pod, or
 * with the next batch; a request that waits for a server that starts holds up all others, and is answered with the status of the moment at which it was made.
 */
export class StatusManager {
  private readonly unwritten = new Set<Unwritten>();
  private isHeldUp = false;
  private batch: Cancel | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly api: ApiReach,
  ) {}

  /** Writes what this one has to say, and what could not be written before. */
  sync(writer: Unwritten): void {
    this.unwritten.add(writer);
    if (!this.isHeldUp) this.syncAll();
  }

  private syncAll(): void {
    const reach = this.api.reach();
    if (reach === 'refuses') return this.tryLater();
    const writers = [...this.unwritten];
    if (reach === 'waits') return this.waitWith(writers[0]);
    this.unwritten.clear();
    for (const writer of writers) writer.put(writer.take());
  }

  private tryLater(): void {
    this.batch ??= this.clock.after(batchMs - (this.clock.now() % batchMs), () => {
      this.batch = undefined;
      if (!this.isHeldUp) this.syncAll();
    });
  }

  private waitWith(writer: Unwritten | undefined): void {
    if (!writer) return;
    this.unwritten.delete(writer);
    this.isHeldUp = true;
    const status = writer.take();
    this.api.whenAnswering(() => {
      this.isHeldUp = false;
      writer.put(status);
      this.syncAll();
    });
  }
}

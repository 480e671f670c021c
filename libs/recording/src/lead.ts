import { setTimeout as sleep } from 'node:timers/promises';
import { isKubernetesError } from '#libs/kubernetes';
import type { Lease } from '#libs/kubernetes';
import type { Logger } from '#libs/platform';

/**
 * Who of several recorders records. The Lease only spares them from fencing each other: that no two write is the fence's doing.
 */
export class Lead {
  private readonly end = new AbortController();
  private renewing: Promise<void> | undefined;

  constructor(
    private readonly lease: Pick<Lease, 'hold' | 'release' | 'everyMs' | 'graceMs'> | undefined,
    private readonly logger?: Logger,
  ) {}

  /** For a recorder that has no rivals. */
  static always(): Lead {
    return new Lead(undefined);
  }

  /** Aborted when the lead is lost. */
  get lost(): AbortSignal {
    return this.end.signal;
  }

  /** Waits until the Lease is ours, and keeps it. False: `signal` came first. */
  async take(signal: AbortSignal): Promise<boolean> {
    const { lease } = this;
    if (!lease) return true;
    while (!signal.aborted) {
      if (await this.tryHold(lease)) {
        this.logger?.info('took the lead');
        this.renewing = this.renew(lease);
        return true;
      }
      await pause(lease.everyMs, signal);
    }
    return false;
  }

  /** Ends the lead and frees the Lease. */
  async giveUp(): Promise<void> {
    this.end.abort();
    await this.renewing;
    if (this.lease) await this.lease.release();
  }

  private async renew(lease: Pick<Lease, 'hold' | 'everyMs' | 'graceMs'>): Promise<void> {
    let renewedAt = performance.now();
    while (!this.end.signal.aborted) {
      await pause(lease.everyMs, this.end.signal);
      if (this.end.signal.aborted) return;
      const held = await this.tryHold(lease);
      if (held) renewedAt = performance.now();
      // Another holds it, or nobody can know: either way somebody may lead soon.
      if (held === false || performance.now() - renewedAt > lease.graceMs) {
        this.logger?.warn('lost the lead');
        this.end.abort();
      }
    }
  }

  /** Undefined: the server did not say. */
  private async tryHold(lease: Pick<Lease, 'hold'>): Promise<boolean | undefined> {
    try {
      return await lease.hold();
    } catch (error) {
      if (!isKubernetesError(error)) throw error;
      this.logger?.warn({ error: error.message }, 'lease could not be asked for');
      return undefined;
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

import { isKubernetesError } from './kubernetes-error.js';
import { leases, pathOf } from './resources.js';
import type { Cluster } from './cluster.js';

/** Which Lease, and who wants it. */
export type LeaseChoice = Readonly<{
  namespace: string;
  name: string;
  holder: string;
  /** After how long without renewal another may take it, in seconds. */
  durationSeconds?: number;
}>;

type Spec = Readonly<{
  holderIdentity?: string | null;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}>;

type LeaseObject = Readonly<{ metadata: { resourceVersion: string }; spec?: Spec }>;

/**
 * A coordination Lease, as client-go's leader election holds one: whoever holds it leads. Times of other holders are never compared
 * with our clock: a Lease is free when it has not changed for its duration on our own clock.
 */
export class Lease {
  private seen: { resourceVersion: string; at: number } | undefined;
  private readonly durationSeconds: number;

  constructor(
    private readonly cluster: Cluster,
    private readonly choice: LeaseChoice,
  ) {
    this.durationSeconds = choice.durationSeconds ?? 15;
  }

  /** How often to try, and to renew, in milliseconds: so that a holder may miss two before it is taken over. */
  get everyMs(): number {
    return (this.durationSeconds * 1000) / 5;
  }

  /** How long a holder that cannot renew may still think that it leads, in milliseconds. */
  get graceMs(): number {
    return (this.durationSeconds * 1000 * 2) / 3;
  }

  /**
   * Takes the Lease, or renews it. False: another holds it.
   *
   * @throws KubernetesError when the server does not answer, or the right is missing
   */
  async hold(): Promise<boolean> {
    const lease = await this.read();
    if (!lease) return this.write('POST', this.spec(0), undefined);
    if (!this.isOurs(lease) && !this.isFree(lease)) return false;
    const transitions = (lease.spec?.leaseTransitions ?? 0) + (this.isOurs(lease) ? 0 : 1);
    const acquireTime = this.isOurs(lease) ? lease.spec?.acquireTime : undefined;
    return this.write('PUT', this.spec(transitions, acquireTime), lease.metadata.resourceVersion);
  }

  /** Gives the Lease up, so that the next one need not wait. Never throws: it ends by itself anyway. */
  async release(): Promise<void> {
    try {
      const lease = await this.read();
      if (!lease || !this.isOurs(lease)) return;
      const spec = { ...this.spec(lease.spec?.leaseTransitions ?? 0), holderIdentity: '', leaseDurationSeconds: 1 };
      await this.write('PUT', spec, lease.metadata.resourceVersion);
    } catch (error) {
      if (!isKubernetesError(error)) throw error;
    }
  }

  private isOurs({ spec }: LeaseObject): boolean {
    return spec?.holderIdentity === this.choice.holder;
  }

  private isFree({ metadata, spec }: LeaseObject): boolean {
    if (!spec?.holderIdentity) return true;
    if (this.seen?.resourceVersion !== metadata.resourceVersion) {
      this.seen = { resourceVersion: metadata.resourceVersion, at: performance.now() };
      return false;
    }
    return performance.now() - this.seen.at > (spec.leaseDurationSeconds ?? this.durationSeconds) * 1000;
  }

  private spec(leaseTransitions: number, acquireTime?: string): Spec {
    const now = new Date().toISOString().replace('Z', '000Z');
    return {
      holderIdentity: this.choice.holder,
      leaseDurationSeconds: this.durationSeconds,
      acquireTime: acquireTime ?? now,
      renewTime: now,
      leaseTransitions,
    };
  }

  private async read(): Promise<LeaseObject | undefined> {
    try {
      return (await this.cluster.ask(this.path(this.choice.name))) as LeaseObject;
    } catch (error) {
      if (isKubernetesError(error, 'notFound')) return undefined;
      throw error;
    }
  }

  /** False when somebody else was faster. */
  private async write(method: 'POST' | 'PUT', spec: Spec, resourceVersion: string | undefined): Promise<boolean> {
    const { name, namespace } = this.choice;
    const metadata = { name, namespace, ...(resourceVersion && { resourceVersion }) };
    const body = JSON.stringify({ apiVersion: leases.apiVersion, kind: leases.kind, metadata, spec });
    try {
      await this.cluster.ask(this.path(method === 'PUT' ? name : undefined), { method, body });
      return true;
    } catch (error) {
      if (isKubernetesError(error, 'conflict')) return false;
      throw error;
    }
  }

  private path(name?: string): string {
    const root = pathOf(leases, this.choice.namespace);
    return name === undefined ? root : `${root}/${encodeURIComponent(name)}`;
  }
}

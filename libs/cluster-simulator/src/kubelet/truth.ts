import type { Role } from './pod-state.js';

/** One container (or sandbox) as the runtime knows it. Times are epoch milliseconds, with fractions. */
export type Instance = Readonly<{
  podUid: string;
  pod: string;
  namespace: string;
  node: string;
  /** Absent for a sandbox. */
  container?: string;
  kind: 'container' | 'sandbox';
  /** What the container is to its pod; absent for a sandbox. */
  role?: Role;
  containerId: string;
  /** The container's how-manieth instance in this pod, from 0. */
  attempt: number;
  /** The pass through the pod's init containers that it belongs to, from 1: another begins with another sandbox, or when all containers are replaced. */
  cycle: number;
  /** Counts all instances of the pod in the order of their creation. */
  order: number;
  createdAt: number;
  /** `null` for one that could not be started. */
  startedAt: number | null;
  finishedAt: number | null;
  exitCode: number | null;
  reason: string | null;
}>;

/** The runtime's own account of every instance: what no watcher sees whole, and what tests compare with. */
export class Truth {
  private readonly instances = new Map<string, Instance>();

  /** @param kept how many ended instances are remembered; the oldest go first, running ones never */
  constructor(private readonly kept = 50_000) {}

  begin(instance: Instance): void {
    this.instances.set(instance.containerId, instance);
    if (this.instances.size > this.kept * 1.1) this.forgetOldest();
  }

  end(containerId: string, end: Pick<Instance, 'finishedAt' | 'exitCode' | 'reason'>): void {
    const instance = this.instances.get(containerId);
    if (instance) this.instances.set(containerId, { ...instance, ...end });
  }

  /** All that is remembered, in the order of creation. */
  entries(): Instance[] {
    return [...this.instances.values()];
  }

  /** The same as JSON lines. */
  lines(): string {
    return this.entries()
      .map((instance) => `${JSON.stringify(instance)}\n`)
      .join('');
  }

  private forgetOldest(): void {
    for (const [id, { finishedAt }] of this.instances) {
      if (this.instances.size <= this.kept) return;
      if (finishedAt !== null) this.instances.delete(id);
    }
  }
}

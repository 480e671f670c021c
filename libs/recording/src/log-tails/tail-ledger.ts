import { failedAttempts } from './failed-attempts.js';
import type { FailedAttempt } from './failed-attempts.js';

/** A failed attempt whose log is wanted, and of which pod. */
export type WantedTail = FailedAttempt &
  Readonly<{ stream: string; uid: string; namespace: string; pod: string; resourceVersion: string | null }>;

/** The pod that parts are about. */
export type TailedPod = Omit<WantedTail, keyof FailedAttempt>;

type PodTails = { captured: Set<string>; wanted: Map<string, WantedTail>; counts: Map<string, number> };

/** A container that fails for ever says the same for ever: so many of its attempts are kept. */
const mostPerContainer = 20;

/** Which attempts of living pods failed, and whose logs are recorded already: each is wanted once. */
export class TailLedger {
  private readonly pods = new Map<string, PodTails>();

  /** Takes what a look shows; returns the attempts that were not known to have failed. */
  look(pod: TailedPod, parts: ReadonlyMap<string, string | null>): readonly WantedTail[] {
    const fresh: WantedTail[] = [];
    for (const attempt of failedAttempts(parts)) {
      const tails = this.of(pod.stream);
      const { container, containerId } = attempt;
      const count = tails.counts.get(container) ?? 0;
      if (tails.captured.has(containerId) || tails.wanted.has(containerId) || count >= mostPerContainer) continue;
      const wanted = { ...pod, ...attempt };
      tails.wanted.set(containerId, wanted);
      tails.counts.set(container, count + 1);
      fresh.push(wanted);
    }
    return fresh;
  }

  /** Its log is recorded, or that there is none. */
  captured(stream: string, container: string, containerId: string): void {
    const tails = this.of(stream);
    tails.captured.add(containerId);
    // Of an attempt that no look has shown, as while the log is read again, the place is taken as well.
    if (!tails.wanted.delete(containerId)) tails.counts.set(container, (tails.counts.get(container) ?? 0) + 1);
  }

  /** The pod is no more. */
  forget(stream: string): void {
    this.pods.delete(stream);
  }

  isWanted({ stream, containerId }: WantedTail): boolean {
    return this.pods.get(stream)?.wanted.has(containerId) ?? false;
  }

  /** Every attempt whose log is wanted still. */
  get wanted(): readonly WantedTail[] {
    return [...this.pods.values()].flatMap(({ wanted }) => [...wanted.values()]);
  }

  private of(stream: string): PodTails {
    const known = this.pods.get(stream) ?? { captured: new Set(), wanted: new Map(), counts: new Map() };
    this.pods.set(stream, known);
    return known;
  }
}

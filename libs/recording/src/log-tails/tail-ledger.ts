import { failedAttempts } from './failed-attempts.js';
import type { FailedAttempt } from './failed-attempts.js';

/** A failed attempt whose log is wanted, and of which pod. */
export type WantedTail = FailedAttempt &
  Readonly<{ stream: string; uid: string; namespace: string; pod: string; resourceVersion: string | null }>;

/** The pod that parts are about. */
export type TailedPod = Omit<WantedTail, keyof FailedAttempt>;

/** What is kept of one pod: what it is called, its captured and its wanted attempts, and how many of each container were taken. */
export type SavedTails = Readonly<{
  stream: string;
  name: PodName;
  captured: readonly string[];
  wanted: readonly WantedTail[];
  counts: readonly (readonly [container: string, count: number])[];
}>;

type PodName = Pick<TailedPod, 'uid' | 'namespace' | 'pod'>;
type PodTails = { captured: Set<string>; wanted: Map<string, WantedTail>; counts: Map<string, number> };

/** A container that fails for ever says the same for ever: so many of its attempts are kept. */
const mostPerContainer = 20;

/** Which attempts of living pods failed, and whose logs are recorded already: each is wanted once. */
export class TailLedger {
  private readonly pods = new Map<string, PodTails>();
  private readonly names = new Map<string, PodName>();

  /** Takes what a look shows; returns the attempts that were not known to have failed. */
  look(pod: TailedPod, parts: ReadonlyMap<string, string | null>): readonly WantedTail[] {
    const fresh: WantedTail[] = [];
    const { stream, uid, namespace, pod: called } = pod;
    this.names.set(stream, { uid, namespace, pod: called });
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

  /** What a living pod is called, once a look has said so. */
  nameOf(stream: string): PodName | undefined {
    return this.names.get(stream);
  }

  /** The pod is no more. */
  forget(stream: string): void {
    this.pods.delete(stream);
    this.names.delete(stream);
  }

  /** Everything at this moment. */
  now(): SavedTails[] {
    return Array.from(this.names, ([stream, name]) => {
      const { captured, wanted, counts } = this.pods.get(stream) ?? noTails();
      return { stream, name, captured: [...captured], wanted: [...wanted.values()], counts: [...counts] };
    });
  }

  /** Takes what `now` gave. */
  load(saved: readonly SavedTails[]): void {
    for (const { stream, name, captured, wanted, counts } of saved) {
      this.names.set(stream, name);
      if (captured.length === 0 && wanted.length === 0) continue;
      const byId = wanted.map((each) => [each.containerId, each] as const);
      this.pods.set(stream, { captured: new Set(captured), wanted: new Map(byId), counts: new Map(counts) });
    }
  }

  isWanted({ stream, containerId }: WantedTail): boolean {
    return this.pods.get(stream)?.wanted.has(containerId) ?? false;
  }

  /** Every attempt whose log is wanted still. */
  get wanted(): readonly WantedTail[] {
    return [...this.pods.values()].flatMap(({ wanted }) => [...wanted.values()]);
  }

  private of(stream: string): PodTails {
    const known = this.pods.get(stream) ?? noTails();
    this.pods.set(stream, known);
    return known;
  }
}

function noTails(): PodTails {
  return { captured: new Set(), wanted: new Map(), counts: new Map() };
}

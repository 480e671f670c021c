import { decideProbes, flushProbes, isQuiet } from './reducing/index.js';
import type { Change, ProbeState, Reduced, Source } from './reducing/index.js';

/** A look at a pod that changed something. `after` is the position that its frame followed. */
export type PodLook = Readonly<{ reduced: Reduced; change: Change; source: Source; after: string | null }>;

/** A look whose time has come, and how many others it stands for. */
export type DueLook = PodLook & Readonly<{ coalesced: number }>;

/** The changes of probes that wait for their minute to be over, by pod. */
export class HeldProbes {
  private readonly states = new Map<string, ProbeState>();
  /** In the order in which pods began to be held, which is the order of positions. */
  private readonly held = new Map<string, PodLook & { dueAt: number }>();

  private dueFirst = Infinity;

  /** When the first of what is held is due, in epoch milliseconds; or earlier. */
  get nextDue(): number {
    return this.dueFirst;
  }

  /** The position before the oldest change that is held; undefined when nothing is. */
  get before(): string | undefined {
    const [oldest] = this.held.values();
    return oldest?.after ?? undefined;
  }

  /** Undefined: held. Else it is to be written, as standing for so many held changes besides its own. */
  decide(pod: string, look: PodLook): number | undefined {
    const { change, reduced, source, after } = look;
    const now = Date.parse(source.receivedAt);
    const { action, state, coalesced, dueAt } = decideProbes(this.states.get(pod), change, reduced, now);
    if (action === 'hold' && state && dueAt !== null && after !== null) {
      this.states.set(pod, state);
      this.dueFirst = Math.min(this.dueFirst, dueAt);
      this.held.set(pod, { ...look, dueAt, after: this.held.get(pod)?.after ?? after });
      return undefined;
    }
    this.held.delete(pod);
    if (state) this.states.set(pod, state);
    else this.states.delete(pod);
    return coalesced;
  }

  /** The pod shows again what is known of it: there is nothing to write, only a count to carry on. */
  takenBack(pod: string): void {
    this.held.delete(pod);
  }

  /** The pod is no more. */
  forget(pod: string): void {
    this.held.delete(pod);
    this.states.delete(pod);
  }

  /** Hands out what has been held for a minute, or everything. */
  due(now: number, all: boolean): DueLook[] {
    const due: DueLook[] = [];
    for (const [pod, look] of this.held) {
      if (!all && look.dueAt > now) continue;
      const { state, coalesced } = flushProbes(this.states.get(pod) ?? { writtenAt: now, held: 1 }, now);
      this.states.set(pod, state);
      this.held.delete(pod);
      due.push({ ...look, coalesced });
    }
    this.dueFirst = Math.min(...[...this.held.values()].map(({ dueAt }) => dueAt), Infinity);
    for (const [pod, state] of this.states) if (isQuiet(state, now)) this.states.delete(pod);
    return due;
  }
}

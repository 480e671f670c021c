/** Which mirror stands for which static pod, and the Events of static pods of which no mirror is known yet. */
import type { ContextBook } from '../context/context-book.js';
import { assertStillKept, readBelow } from '../horizon/seeds.js';
import { isMoving } from './page.js';
import type { Input, Moving } from './pod-fold.js';
import type { Sources } from './pod-loader.js';
import { toInput } from '../reading-log/stored-input.js';

export class StaticTwins {
  readonly #mirrors = new Map<string, string>();
  readonly #early = new Map<string, Input<Moving>[]>();

  constructor(private readonly sources: Sources) {}

  /** Reads what is known of these static pods as of `upTo`, the last event folded, and tells `book` of their mirrors. */
  async load(twins: readonly string[], upTo: number, book: ContextBook): Promise<void> {
    const { reader, contexts, shardId } = this.sources;
    const wanted = twins.filter((twin) => !this.#mirrors.has(twin));
    if (wanted.length === 0) return;
    for (const [twin, known] of Map.groupBy(await contexts.twins(wanted, upTo), ({ uid }) => uid)) {
      book.setMirrors(twin, known);
      for (const { podUid } of known) this.#mirrors.set(twin, podUid);
    }
    const alone = wanted.filter((twin) => !this.#mirrors.has(twin));
    if (alone.length === 0) return;
    const below = await readBelow(this.sources, alone);
    for (const twin of alone) this.#early.set(twin, [...(below.early.get(twin) ?? [])]);
    for (const event of await reader.readStreams(shardId, alone, upTo)) {
      const input = event.position < below.horizon ? undefined : toInput(event);
      if (input && isMoving(input)) this.setAside(input);
    }
    await assertStillKept(this.sources, below);
  }

  /** The mirror of a static pod, as of the event that is being folded. */
  mirrorOf(twin: string): string | undefined {
    return this.#mirrors.get(twin);
  }

  /** Keeps an Event until the mirror is seen. */
  setAside(input: Input<Moving>): void {
    this.#early.get(input.streamId)?.push(input);
  }

  /** The Events set aside for a static pod whose first mirror was just seen. */
  early(twin: string): readonly Input<Moving>[] {
    return this.#mirrors.has(twin) ? [] : (this.#early.get(twin) ?? []);
  }

  claim(twin: string, podUid: string): void {
    this.#mirrors.set(twin, podUid);
    this.#early.delete(twin);
  }

  committed(): void {
    this.#early.clear();
  }
}

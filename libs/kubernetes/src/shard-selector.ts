import { KubernetesError } from './kubernetes-error.js';
import { pods } from './resources.js';
import type { Resource } from './resources.js';

/** How long a server that refused a selector is not bothered with it: an upgrade may have changed its mind. */
const refusedForMs = 600_000;

const refusals: ReadonlySet<number> = new Set([400, 413, 414, 422, 431]);

/**
 * What a server is asked to leave out of lists and watches of pods (KEP-5866). It may, and it may as well send everything: a server
 * without the feature ignores the parameter, and a watch never says. So whoever asks leaves out what is not his in either case.
 *
 * Only pods are asked for so. Of what has no namespace, all or nothing would lie in a range. Events would too, but their watch has no
 * bookmarks (semantics 6.4): what others are told of moves their position along, and without it a slice in which nothing happens would
 * lose its place to etcd's compaction.
 */
export class ShardSelector {
  private refusedUntil = -Infinity;
  private answered: boolean | undefined;

  constructor(readonly text: string) {}

  /** Whether the server leaves out what is asked for, as far as it has shown; undefined as long as it has not. */
  get isHeeded(): boolean | undefined {
    return this.answered;
  }

  /**
   * Asks with it, and once more without it where that is what is refused.
   *
   * @throws whatever `ask` throws for another reason
   */
  async ask<Answer>(
    resource: Resource,
    query: URLSearchParams,
    ask: (query: URLSearchParams) => Promise<Answer>,
  ): Promise<Answer> {
    if (resource !== pods || performance.now() < this.refusedUntil) return ask(query);
    const divided = new URLSearchParams(query);
    divided.set('shardSelector', this.text);
    try {
      return await ask(divided);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    const answer = await ask(query);
    this.refusedUntil = performance.now() + refusedForMs;
    this.answered = false;
    return answer;
  }

  /** Notes what a list said of itself: only one that was divided names the selector. */
  listed(resource: Resource, told: string | undefined): void {
    if (resource === pods) this.answered = told === this.text;
  }

  /** Notes that a watch showed what is in no range of it. */
  ignored(resource: Resource): void {
    if (resource === pods) this.answered = false;
  }
}

/** An API server calls a selector that it cannot read an internal error; a proxy may find the request line too long. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof KubernetesError) || error.status === null) return false;
  return refusals.has(error.status) || (error.status === 500 && error.message.includes('shard selector'));
}

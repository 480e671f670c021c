import { hash } from 'node:crypto';
import type { KubernetesObject } from './kubernetes-object.js';
import { rangeOf, rangesText, shardHash } from './ranges.js';
import type { Resource } from './resources.js';
import { ShardSelector } from './shard-selector.js';

const mostRemembered = 100_000;

/**
 * One of `of` parts of a cluster, from 0, by the namespace: those whose hash (the first four bytes of SHA-256), divided by `of`, leaves
 * `nth`; or, where the hashes that API servers know (`ranges.ts`) are cut into ranges, every `of`th of these from the `nth` on.
 */
export class Slice {
  /** What a server can be asked for, where the slice is made of ranges. */
  readonly selector: ShardSelector | undefined;
  private passed = 0;
  private readonly known = new Map<string, boolean>();

  /** @throws RangeError unless 0 <= nth < of */
  constructor(
    readonly nth: number,
    readonly of: number,
    private readonly cuts?: readonly bigint[],
  ) {
    if (!Number.isInteger(nth) || !Number.isInteger(of) || nth < 0 || nth >= of)
      throw new RangeError(`There is no slice ${nth} of ${of}`);
    this.selector = cuts && new ShardSelector(rangesText(cuts, this));
  }

  /** How many objects of other slices were sent all the same. */
  get passedOver(): number {
    return this.passed;
  }

  /** Whether a namespace, by its name, is in it. */
  has(namespace: string): boolean {
    const known = this.known.get(namespace);
    if (known !== undefined) return known;
    if (this.known.size >= mostRemembered) this.known.clear();
    const isIn = this.partOf(namespace) === this.nth;
    this.known.set(namespace, isIn);
    return isIn;
  }

  /** Whether an object is in it: by its namespace, or by its name where it is a namespace itself. */
  holds({ metadata }: KubernetesObject): boolean {
    return this.has(metadata.namespace ?? metadata.name);
  }

  /** Asks a server for what is in it, where it can be asked so, else for everything. */
  ask<Answer>(
    resource: Resource,
    query: URLSearchParams,
    ask: (query: URLSearchParams) => Promise<Answer>,
  ): Promise<Answer> {
    return this.selector ? this.selector.ask(resource, query, ask) : ask(query);
  }

  /** Notes that objects of other slices were sent. */
  passOver(count: number): void {
    this.passed += count;
  }

  private partOf(namespace: string): number {
    if (this.cuts) return rangeOf(shardHash(namespace), this.cuts) % this.of;
    return hash('sha256', namespace, 'buffer').readUInt32BE() % this.of;
  }
}

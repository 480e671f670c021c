import { hash } from 'node:crypto';
import type { KubernetesObject } from './kubernetes-object.js';

const mostRemembered = 100_000;

/**
 * One of `of` parts of a cluster, from 0: the namespaces whose hash, divided by `of`, leaves `nth`. The hash is the first four bytes of
 * SHA-256. That by which an API server can divide a watch itself (KEP-5866: ranges of FNV-1a) puts names that differ in their last two
 * characters together, as team-01 to team-99 do: all of them would be one recorder's.
 */
export class Slice {
  private readonly known = new Map<string, boolean>();

  /** @throws RangeError unless 0 <= nth < of */
  constructor(
    readonly nth: number,
    readonly of: number,
  ) {
    if (!Number.isInteger(nth) || !Number.isInteger(of) || nth < 0 || nth >= of)
      throw new RangeError(`There is no slice ${nth} of ${of}`);
  }

  /** Whether a namespace, by its name, is in it. */
  has(namespace: string): boolean {
    const known = this.known.get(namespace);
    if (known !== undefined) return known;
    if (this.known.size >= mostRemembered) this.known.clear();
    const isIn = hash('sha256', namespace, 'buffer').readUInt32BE() % this.of === this.nth;
    this.known.set(namespace, isIn);
    return isIn;
  }

  /** Whether an object is in it: by its namespace, or by its name where it is a namespace itself. */
  holds({ metadata }: KubernetesObject): boolean {
    return this.has(metadata.namespace ?? metadata.name);
  }
}

import { hash } from 'node:crypto';

import { nodeHash, rootOfPeaks } from './merkle-tree.js';

/** The hash of a perfect subtree: the leaves from `index * 2^level` up to, without, `(index + 1) * 2^level`. */
export type NodeOf = (level: number, index: number) => Promise<Buffer>;

/** RFC 6962, section 2.1: the Merkle tree hash of the first `size` leaves. */
export async function rootOf(size: number, nodeOf: NodeOf): Promise<Buffer> {
  return size === 0 ? hash('sha256', '', 'buffer') : rangeHash(0, size, nodeOf);
}

/**
 * RFC 6962, section 2.1.1: what proves that the leaf at `index` is in the tree of `size` leaves, from its sibling up.
 *
 * @throws RangeError for a leaf that is not in the tree
 */
export async function inclusionProof(index: number, size: number, nodeOf: NodeOf): Promise<readonly Buffer[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`Leaf ${index} is not in a tree of ${size}`);
  const path: Buffer[] = [];
  for (let [from, to] = [0, size]; to - from > 1;) {
    const split = from + largestPowerBelow(to - from);
    const isLeft = index < split;
    path.push(await (isLeft ? rangeHash(split, to, nodeOf) : rangeHash(from, split, nodeOf)));
    [from, to] = isLeft ? [from, split] : [split, to];
  }
  return path.toReversed();
}

/**
 * RFC 6962, section 2.1.2: what proves that the tree of `before` leaves is the beginning of the tree of `size`.
 *
 * @throws RangeError for a beginning that is longer than the whole
 */
export async function consistencyProof(before: number, size: number, nodeOf: NodeOf): Promise<readonly Buffer[]> {
  if (!(before >= 0 && before <= size)) throw new RangeError(`A tree of ${size} has no beginning of ${before}`);
  if (before === 0 || before === size) return [];
  const path: Buffer[] = [];
  let [from, to] = [0, size];
  let isWhole = true;
  while (before !== to) {
    const split = from + largestPowerBelow(to - from);
    if (before <= split) {
      path.push(await rangeHash(split, to, nodeOf));
      to = split;
    } else {
      path.push(await rangeHash(from, split, nodeOf));
      from = split;
      isWhole = false;
    }
  }
  // A beginning that is a perfect tree is known to who asks: it is its root.
  return [...(isWhole ? [] : [await rangeHash(from, to, nodeOf)]), ...path.toReversed()];
}

/**
 * What a tree of `size` leaves has right of its first `before`: the hashes of the largest subtrees, from the root down. Who knows the first
 * leaves computes the root of the whole with them (`rootWith`).
 *
 * @throws RangeError for a beginning that is longer than the whole, or none
 */
export async function rightOf(before: number, size: number, nodeOf: NodeOf): Promise<readonly Buffer[]> {
  if (!(before > 0 && before <= size)) throw new RangeError(`A tree of ${size} has no beginning of ${before}`);
  const right: Buffer[] = [];
  for (let [from, to] = [0, size]; to > before;) {
    const split = from + largestPowerBelow(to - from);
    if (before <= split) {
      right.push(await rangeHash(split, to, nodeOf));
      to = split;
    } else from = split;
  }
  return right;
}

/**
 * The root of a tree of `size` leaves, by the roots of the perfect subtrees of its first `before` (the largest first) and what lies right of
 * them (`rightOf`). Undefined where there are not as many hashes as such a tree has.
 */
export function rootWith(
  { before, peaks, right }: Readonly<{ before: number; peaks: readonly Buffer[]; right: readonly Buffer[] }>,
  size: number,
): Buffer | undefined {
  const [left, rest] = [[...peaks], [...right]];
  const over = (from: number, to: number): Buffer | undefined => {
    if (to <= before) return rootOfPeaks(left.splice(0));
    const split = from + largestPowerBelow(to - from);
    if (before > split) return joined(left.shift(), over(split, to));
    const beyond = rest.shift();
    return joined(over(from, split), beyond);
  };
  const root = before > 0 && before <= size ? over(0, size) : undefined;
  return left.length + rest.length === 0 ? root : undefined;
}

const joined = (left: Buffer | undefined, right: Buffer | undefined): Buffer | undefined =>
  left && right && nodeHash(left, right);

async function rangeHash(from: number, to: number, nodeOf: NodeOf): Promise<Buffer> {
  const width = to - from;
  const level = Math.log2(width);
  if (Number.isInteger(level) && from % width === 0) return nodeOf(level, from / width);
  const split = from + largestPowerBelow(width);
  return nodeHash(await rangeHash(from, split, nodeOf), await rangeHash(split, to, nodeOf));
}

/** The largest power of two that is smaller than `width`. */
const largestPowerBelow = (width: number): number => 2 ** Math.ceil(Math.log2(width) - 1);

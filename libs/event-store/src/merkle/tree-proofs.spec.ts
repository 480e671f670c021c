import { assert, asyncProperty, integer } from 'fast-check';
import { describe, expect, it } from 'vitest';

import { leafHash, MerkleTree, nodeHash, perfectRoot } from './merkle-tree.js';
import { consistencyProof, inclusionProof, rightOf, rootOf, rootWith, type NodeOf } from './tree-proofs.js';

const nodesOver =
  (leaves: readonly Buffer[]): NodeOf =>
  (level, index) =>
    Promise.resolve(perfectRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)));
const hex = (hashes: readonly Buffer[]) => hashes.map((one) => one.toString('hex'));

/** The entries of Certificate Transparency's tests, and the proofs that its reference code makes of them. */
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const known = nodesOver(ENTRIES.map((entry) => leafHash(Buffer.from(entry, 'hex').toString())));

/** RFC 9162, section 2.1.3.2: the verifier's side, which shares nothing with what makes the proof. */
function rootByInclusion(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer | undefined {
  let [fn, sn, root] = [index, size - 1, leaf];
  for (const hash of path) {
    if (sn === 0) return undefined;
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(hash, root);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    } else root = nodeHash(root, hash);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 ? root : undefined;
}

/** RFC 9162, section 2.1.4.2: the roots of both trees that a proof speaks of. */
function rootsByConsistency(
  before: number,
  size: number,
  first: Buffer,
  path: readonly Buffer[],
): [Buffer, Buffer] | undefined {
  const all = Number.isInteger(Math.log2(before)) ? [first, ...path] : [...path];
  let [fn, sn] = [before - 1, size - 1];
  while (fn % 2 === 1) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  let [fr, sr] = [all[0] as Buffer, all[0] as Buffer];
  for (const hash of all.slice(1)) {
    if (sn === 0) return undefined;
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [nodeHash(hash, fr), nodeHash(hash, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    } else sr = nodeHash(sr, hash);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 ? [fr, sr] : undefined;
}

describe('inclusionProof', () => {
  it('is that of the known answers', async () => {
    expect(hex(await inclusionProof(0, 8, known))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(hex(await inclusionProof(5, 8, known))).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(hex(await inclusionProof(2, 3, known))).toEqual([
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    ]);
    expect(await inclusionProof(0, 1, known)).toEqual([]);
  });

  it('proves any leaf of any tree to whoever knows the root', async () => {
    await assert(
      asyncProperty(integer({ min: 1, max: 600 }), integer({ min: 0, max: 599 }), async (size, at) => {
        const leaves = Array.from({ length: size }, (_, nth) => leafHash(`leaf ${nth}`));
        const index = at % size;
        const path = await inclusionProof(index, size, nodesOver(leaves));

        expect(rootByInclusion(leaves[index] as Buffer, index, size, path)).toEqual(
          await rootOf(size, nodesOver(leaves)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a leaf that is not there', async () => {
    await expect(inclusionProof(8, 8, known)).rejects.toThrow('Leaf 8 is not in a tree of 8');
  });
});

describe('consistencyProof', () => {
  it('is that of the known answers', async () => {
    expect(hex(await consistencyProof(1, 8, known))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(hex(await consistencyProof(6, 8, known))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(hex(await consistencyProof(2, 5, known))).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
    expect(await consistencyProof(8, 8, known)).toEqual([]);
  });

  it('proves any beginning of any tree', async () => {
    await assert(
      asyncProperty(integer({ min: 2, max: 600 }), integer({ min: 1, max: 599 }), async (size, at) => {
        const nodes = nodesOver(Array.from({ length: size }, (_, nth) => leafHash(`leaf ${nth}`)));
        const before = 1 + (at % (size - 1));
        const first = await rootOf(before, nodes);
        const path = await consistencyProof(before, size, nodes);

        expect(rootsByConsistency(before, size, first, path)).toEqual([first, await rootOf(size, nodes)]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('what lies right of a beginning', () => {
  it('gives, with the subtrees of the beginning, the root of the whole, and no other hashes do', async () => {
    await assert(
      asyncProperty(integer({ min: 1, max: 900 }), integer({ min: 0, max: 899 }), async (size, cut) => {
        const before = (cut % size) + 1;
        const leaves = Array.from({ length: size }, (_, nth) => leafHash(String(nth)));
        const right = await rightOf(before, size, nodesOver(leaves));
        const peaks = MerkleTree.empty.append(leaves.slice(0, before)).tree.peaks();
        const root = (await rootOf(size, nodesOver(leaves))).toString('hex');

        expect(rootWith({ before, peaks, right }, size)?.toString('hex')).toBe(root);
        expect(rootWith({ before, peaks, right: [...right, leafHash('')] }, size)).toBeUndefined();
        const withFewer = [right.slice(1), right.slice(0, -1)].map((fewer) =>
          rootWith({ before, peaks, right: fewer }, size),
        );
        expect(withFewer.filter((found) => found !== undefined)).toHaveLength(right.length === 0 ? 2 : 0);
        const withoutFirst = rootWith({ before, peaks: peaks.slice(1), right }, size);
        expect(withoutFirst?.toString('hex')).not.toBe(root);
      }),
    );
  });

  it('is told of no beginning that there is not', async () => {
    await expect(rightOf(9, 8, known)).rejects.toThrow(RangeError);
    await expect(rightOf(0, 8, known)).rejects.toThrow(RangeError);
    expect(rootWith({ before: 0, peaks: [], right: [leafHash('')] }, 1)).toBeUndefined();
  });
});

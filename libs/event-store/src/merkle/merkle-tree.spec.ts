import { describe, expect, it } from 'vitest';

import { leafHash, MerkleTree, nodeHash } from './merkle-tree.js';

/** The entries and roots that the tests of Certificate Transparency use (RFC 6962, known answers of its reference code). */
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const leaves = (count: number): Buffer[] => Array.from({ length: count }, (_, nth) => leafHash(`leaf ${nth}`));

/** RFC 6962, section 2.1, word for word: slow, and plainly right. */
function plainRoot(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 1) return hashes[0] as Buffer;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(plainRoot(hashes.slice(0, split)), plainRoot(hashes.slice(split)));
}

describe('MerkleTree', () => {
  it('has the root of the known answers after each of their entries', () => {
    const roots = ENTRIES.map((_, nth) =>
      MerkleTree.empty
        .append(ENTRIES.slice(0, nth + 1).map((entry) => leafHash(Buffer.from(entry, 'hex').toString())))
        .tree.root()
        .toString('hex'),
    );

    expect(roots).toEqual(ROOTS);
  });

  it('has the hash of nothing as its root while it is empty', () => {
    expect(MerkleTree.empty.root().toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it.each([1, 2, 3, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_793])(
    'agrees with RFC 6962 at %i leaves',
    (size) => {
      const all = leaves(size);

      expect(MerkleTree.empty.append(all).tree.root()).toEqual(plainRoot(all));
    },
  );

  it('does not depend on how appends are cut', () => {
    const all = leaves(1_000);
    let tree = MerkleTree.empty;
    for (let from = 0, width = 1; from < all.length; from += width, width = (width * 7) % 90) {
      tree = tree.append(all.slice(from, from + width)).tree;
    }

    expect(tree.root()).toEqual(plainRoot(all));
  });

  it('gives away each tile once, when it is complete, on every level', () => {
    const { tiles } = MerkleTree.empty.append(leaves(65_536));

    expect(tiles).toHaveLength(257);
    expect(tiles.filter(({ level }) => level === 0).map(({ index }) => index)).toEqual(
      Array.from({ length: 256 }, (_, n) => n),
    );
    expect(tiles.at(-1)).toMatchObject({ level: 1, index: 0 });
    expect(tiles.every(({ hashes }) => hashes.length === 8_192)).toBe(true);
  });

  it('is left as it was by an append that comes to nothing', () => {
    const before = MerkleTree.empty.append(leaves(300)).tree;
    const root = before.root();

    before.append(leaves(500));

    expect(before.size).toBe(300);
    expect(before.root()).toEqual(root);
  });
});

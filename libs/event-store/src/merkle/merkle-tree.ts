import { hash } from 'node:crypto';

/** Hashes of a tile: 256 of them, as C2SP tlog-tiles asks. */
export const TILE_WIDTH = 256;

/** A tile that is complete and will never change: `hashes` are its 256 hashes, one after the other. */
export type Tile = Readonly<{ level: number; index: number; hashes: Buffer }>;

/** One buffer for all nodes: hashing is synchronous, and an allocation would cost as much as the hash. */
const node = Buffer.alloc(65, 0x01);

/** By way of a string: half of what it takes to have it as a buffer, each of which would be memory of its own. */
function sha256(said: string | Buffer): Buffer {
  return Buffer.from(hash('sha256', said, 'binary'), 'binary');
}

/** RFC 6962, section 2.1: the hash of a leaf. */
export function leafHash(entry: string): Buffer {
  return sha256(`\0${entry}`);
}

/** RFC 6962, section 2.1: the hash of an inner node. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  left.copy(node, 1);
  right.copy(node, 33);
  return sha256(node);
}

/**
 * The right edge of a shard's RFC 6962 tree: what must be known to go on. Of each level, the hashes of the tile that is not
 * complete yet. A tree does not change: `append` answers with the next one, to be kept once the append is durable.
 */
export class MerkleTree {
  private constructor(
    readonly size: number,
    /** Per level, fewer than 256 hashes; each of level n covers 256^n leaves. */
    private readonly edges: readonly (readonly Buffer[])[],
  ) {}

  static readonly empty = new MerkleTree(0, []);

  /** The tree of `size` leaves, given its incomplete tiles, from level 0 up. */
  static of(size: number, edges: readonly (readonly Buffer[])[]): MerkleTree {
    return new MerkleTree(size, edges);
  }

  /** The hashes of a level's tile that is not complete yet: each covers 256^level leaves. */
  edge(level: number): readonly Buffer[] {
    return this.edges[level] ?? [];
  }

  /** This tree with more leaves, and the tiles that they completed. */
  append(leaves: readonly Buffer[]): { tree: MerkleTree; tiles: readonly Tile[] } {
    const edges = [...this.edges];
    // Those that grow, as copies; the others are this tree's own.
    const growing: Buffer[][] = [];
    const tiles: Tile[] = [];
    let size = this.size;
    for (const leaf of leaves) {
      size += 1;
      let carried: Buffer | undefined = leaf;
      for (let level = 0; carried !== undefined; level += 1) {
        const edge: Buffer[] = (growing[level] ??= [...(edges[level] ?? [])]);
        edge.push(carried);
        carried = undefined;
        if (edge.length < TILE_WIDTH) continue;
        tiles.push({ level, index: size / TILE_WIDTH ** (level + 1) - 1, hashes: Buffer.concat(edge) });
        carried = perfectRoot(edge);
        growing[level] = [];
      }
    }
    for (const [level, edge] of growing.entries()) edges[level] = edge;
    return { tree: new MerkleTree(size, edges), tiles };
  }

  /** Of every level from the leaves up, the hashes of the tile that is not complete yet: all that must be known to go on. */
  get allEdges(): readonly (readonly Buffer[])[] {
    return this.edges;
  }

  /** The roots of the largest perfect subtrees, from left to right. */
  peaks(): readonly Buffer[] {
    return this.edges.toReversed().flatMap(peaksOf);
  }

  /** RFC 6962's Merkle tree hash of all leaves. */
  root(): Buffer {
    return rootOfPeaks(this.peaks()) ?? hash('sha256', '', 'buffer');
  }
}

/** The root over perfect subtrees, the largest first; undefined where there are none. */
export function rootOfPeaks(peaks: readonly Buffer[]): Buffer | undefined {
  const last = peaks.at(-1);
  return last && peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/** The root over a power of two of hashes. */
export function perfectRoot(hashes: readonly Buffer[]): Buffer {
  let row = hashes;
  while (row.length > 1) {
    const above: Buffer[] = [];
    for (let at = 0; at + 1 < row.length; at += 2) above.push(nodeHash(row[at] as Buffer, row[at + 1] as Buffer));
    row = above;
  }
  return row[0] as Buffer;
}

/** Peaks of edges above the leaves, which many sizes of a tree share: who asks for the root of each computes them once. */
const knownPeaks = new WeakMap<readonly Buffer[], readonly Buffer[]>();

function peaksOf(edge: readonly Buffer[]): readonly Buffer[] {
  const known = knownPeaks.get(edge) ?? perfectRoots(edge);
  knownPeaks.set(edge, known);
  return known;
}

/** The roots of the largest perfect subtrees, from left to right. */
function perfectRoots(hashes: readonly Buffer[]): Buffer[] {
  const roots: Buffer[] = [];
  let from = 0;
  for (let width = TILE_WIDTH / 2; width >= 1; width /= 2) {
    if (hashes.length - from < width) continue;
    roots.push(perfectRoot(hashes.slice(from, from + width)));
    from += width;
  }
  return roots;
}

/** The hashes of a tile's bytes. */
export function hashesOf(tile: Buffer): readonly Buffer[] {
  return Array.from({ length: tile.length / 32 }, (_, nth) => tile.subarray(nth * 32, nth * 32 + 32));
}

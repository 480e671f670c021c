import { createHash } from 'node:crypto';

import { AuditError } from '#libs/platform';

import { openCheckpoint, type Checkpoint } from '../ledger/checkpoint.js';
import type { Verifier } from '../ledger/signed-note.js';
import { hashesOf, leafHash, MerkleTree, TILE_WIDTH, type Tile } from '../merkle/merkle-tree.js';
import { rootWith } from '../merkle/tree-proofs.js';
import { invalid, type ArchiveEnd, type ArchiveHeader } from './header.js';

/** A checkpoint of an archive, and its note. */
export type ProvedCheckpoint = Checkpoint & Readonly<{ note: string }>;

/** Computes the tree of an archive's log as its events come, and holds it against the signed checkpoints of its header. */
export class Proving {
  readonly #leaves = createHash('sha256');
  readonly checkpoints: readonly ProvedCheckpoint[];
  readonly #claims: Checkpoint[];
  readonly #last: Checkpoint;
  #tree: MerkleTree;
  #events = 0;
  #agreed: number;
  /** Roots of the log at the sizes that were asked for, once its events have come so far. */
  readonly roots = new Map<number, Buffer>();

  /**
   * @param marks sizes whose roots are wanted
   * @throws AuditError `archive-unproved` where no key of `verifiers` signed it, `archive-invalid` for hashes that no such log has
   */
  constructor(
    readonly header: ArchiveHeader,
    verifiers: readonly Verifier[],
    private readonly marks: readonly number[] = [],
  ) {
    this.#tree = treeBefore(header);
    this.#agreed = header.from;
    this.checkpoints = [...header.checkpoints, header.checkpoint].map((note) => {
      const said = openCheckpoint(note, verifiers);
      if (said?.origin !== header.origin) throw unsigned(header);
      return { ...said, note };
    });
    this.#claims = [...this.checkpoints];
    this.#last = this.#claims.pop() as Checkpoint;
    if (this.#last.size < header.to) throw invalid('its checkpoint does not come up to its end');
    this.#stop();
  }

  /** The tree of the log up to the last event that came. */
  get tree(): MerkleTree {
    return this.#tree;
  }

  /** Takes the entries that follow; answers the tiles that they complete. @throws AuditError `archive-unproved` */
  add(entries: readonly string[]): readonly Tile[] {
    const leaves = entries.map(leafHash);
    for (const leaf of leaves) this.#leaves.update(leaf);
    this.#events += leaves.length;
    const tiles: Tile[] = [];
    while (leaves.length > 0) {
      const { size } = this.#tree;
      const stops = [...this.#claims.slice(0, 1).map((claim) => claim.size), ...this.marks].filter(
        (stop) => stop > size,
      );
      const grown = this.#tree.append(leaves.splice(0, Math.min(...stops, Number.POSITIVE_INFINITY) - size));
      this.#tree = grown.tree;
      tiles.push(...grown.tiles);
      this.#stop();
    }
    return tiles;
  }

  /** What the last line has to say. @throws AuditError `archive-unproved` where the events are not those of the checkpoint that covers all */
  end(): ArchiveEnd {
    const { to, after } = this.header;
    if (this.#tree.size !== to)
      throw invalid(`it ends at event ${this.#tree.size - 1}, and says that it goes up to ${to - 1}`);
    const right = after.map((hash) => Buffer.from(hash, 'base64'));
    const root = rootWith({ before: to, peaks: this.#tree.peaks(), right }, this.#last.size);
    if (!root?.equals(this.#last.root)) throw unproved(this.header, this.#agreed, to, this.#last.size);
    return { events: this.#events, leaves: this.#leaves.digest('hex') };
  }

  #stop(): void {
    const { size } = this.#tree;
    if (this.marks.includes(size)) this.roots.set(size, this.#tree.root());
    const claim = this.#claims[0];
    if (claim?.size !== size) return;
    this.#claims.shift();
    if (!claim.root.equals(this.#tree.root())) throw unproved(this.header, this.#agreed, size, size);
    this.#agreed = size;
  }
}

/** The tree that the log had before an archive's first event. */
function treeBefore({ from, before }: ArchiveHeader): MerkleTree {
  const edges = before.map((hashes) => hashesOf(Buffer.from(hashes, 'base64')));
  const isWhole = edges.every((edge, level) => edge.length === Math.floor(from / TILE_WIDTH ** level) % TILE_WIDTH);
  if (
    !isWhole ||
    TILE_WIDTH ** edges.length <= from ||
    before.some((text) => Buffer.from(text, 'base64').length % 32 > 0)
  )
    throw invalid(`it has not the hashes of what lies before event ${from}`);
  return MerkleTree.of(from, edges);
}

const unsigned = ({ origin }: ArchiveHeader): AuditError =>
  new AuditError(
    'archive-unproved',
    `No key that is trusted here signed the checkpoints of this archive of ${origin}.`,
    {
      remedy: 'Give the verifier key of that log with --key; `npm run ledger -- keys` prints it where it was recorded.',
    },
  );

const unproved = ({ origin }: ArchiveHeader, from: number, to: number, size: number): AuditError =>
  new AuditError(
    'archive-unproved',
    `Events ${from} to ${to - 1} of ${origin}, or the hashes of what lies around them, are not those of the signed checkpoint of ${size} events.`,
    { remedy: 'The archive was changed after it was written, and made to look whole. Take another copy.' },
  );

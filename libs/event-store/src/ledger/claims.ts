import type { Pool } from '#libs/platform';

import type { LogTables } from '../log-tables.js';
import { openCheckpoint, type Checkpoint } from './checkpoint.js';
import type { Verifier } from './signed-note.js';

/** A checkpoint from elsewhere: a file, a line of a log, a friend. */
export type Witnessed = Readonly<{ where: string; note: string }>;

/** What a checkpoint says of a log. */
export type Claim = Readonly<{ where: string; size: number; root: Buffer }>;

/** Which checkpoints, of which log, and whose. */
export type ClaimChoice = Readonly<{
  connection: Pool;
  shardId: number;
  verifiers: readonly Verifier[];
  witnessed?: readonly Witnessed[];
}>;

type Refused = Readonly<{ where: string; from: number; to: number; says: string }>;

/** What was signed of a log, here and elsewhere, by size. */
export class Claims {
  #claims: Claim[] = [];
  /** Of a note that stands in several places the signature is looked at once. */
  readonly #opened = new Map<string, Checkpoint | undefined>();

  constructor(
    private readonly choice: ClaimChoice,
    private readonly tables: LogTables,
  ) {}

  get count(): number {
    return this.#claims.length;
  }

  /** The size of the next one. */
  get nextSize(): number {
    return this.#claims.at(-1)?.size ?? Number.POSITIVE_INFINITY;
  }

  /** Reads all of them; what is no checkpoint of ours, or is not what its row says, is answered. `size` is that of the log. */
  async read(size: number): Promise<readonly Refused[]> {
    const { connection, shardId, witnessed = [] } = this.choice;
    const refused: Refused[] = [];
    const { rows } = await connection.query<{ size: string; root: Buffer; note: string }>(
      `SELECT size, root, note FROM ${this.tables.checkpoint} WHERE shard_id = $1 ORDER BY size`,
      [shardId],
    );
    for (const row of rows) {
      const where = `${this.tables.checkpoint} ${row.size}`;
      const opened = this.#open(row.note);
      const to = Math.min(size, Number(row.size));
      if (opened) this.#claims.push({ where, ...opened });
      if (!opened) refused.push({ where, from: 0, to, says: 'no key of ours signed the note' });
      else if (opened.size !== Number(row.size) || !opened.root.equals(row.root))
        refused.push({ where, from: 0, to, says: 'size or root are not those of the note' });
    }
    for (const { where, note } of witnessed) {
      const opened = this.#open(note);
      if (opened) this.#claims.push({ where, ...opened });
      else refused.push({ where, from: 0, to: size, says: 'no key of ours signed the note' });
    }
    // The smallest last, where it is taken from.
    this.#claims.sort((a, b) => b.size - a.size);
    return refused;
  }

  /** What was signed of fewer events goes: they cannot be computed any more. */
  forgetBelow(size: number): void {
    this.#claims = this.#claims.filter((claim) => claim.size >= size);
  }

  /** Those of at most so many events, the smallest first; they are not told again. */
  upTo(size: number): readonly Claim[] {
    const taken: Claim[] = [];
    while (this.nextSize <= size) taken.push(this.#claims.pop() as Claim);
    return taken;
  }

  /** Those that nobody took. */
  rest(): readonly Claim[] {
    return this.#claims.toReversed();
  }

  #open(note: string): Checkpoint | undefined {
    if (!this.#opened.has(note)) this.#opened.set(note, openCheckpoint(note, this.choice.verifiers));
    return this.#opened.get(note);
  }
}

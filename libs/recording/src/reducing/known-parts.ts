import type { Write } from '#libs/init-history';
import { lay, shared } from './known.js';
import type { Known } from './reduced.js';

/** A subject as KnownParts saves it: uid, names of its parts, and their hashes and its writers' in base64. */
export type SavedKnown = readonly [uid: string, names: readonly string[], hashes: string, writes: string];

/** What is known of all living subjects of one kind, by uid. Disposable: the log can build it again. */
export class KnownParts {
  private readonly known = new Map<string, Known>();

  get size(): number {
    return this.known.size;
  }

  get(uid: string): Known | undefined {
    return this.known.get(uid);
  }

  has(uid: string): boolean {
    return this.known.has(uid);
  }

  set(uid: string, known: Known): void {
    this.known.set(uid, known);
  }

  delete(uid: string): boolean {
    return this.known.delete(uid);
  }

  uids(): IterableIterator<string> {
    return this.known.keys();
  }

  /** Folds the parts of a stored observation in. */
  lay(uid: string, parts: ReadonlyMap<string, string | null>, writes: readonly Write[]): void {
    this.known.set(uid, lay(this.known.get(uid), parts, writes));
  }

  *save(): IterableIterator<SavedKnown> {
    for (const [uid, { layout, hashes, writes }] of this.known) {
      yield [uid, layout, toBase64(hashes), toBase64(writes)];
    }
  }

  /** Takes what `save` gave. Entries already here are replaced. */
  load(saved: Iterable<SavedKnown>): void {
    for (const [uid, names, hashes, writes] of saved) {
      this.known.set(uid, { layout: shared(names), hashes: fromBase64(hashes), writes: fromBase64(writes) });
    }
  }
}

function toBase64(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('base64');
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}

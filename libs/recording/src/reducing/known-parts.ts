import type { Write } from '#libs/init-history';
import { lay, shared } from './known.js';
import type { Known } from './reduced.js';

/** Subjects as they are kept: the lists of names that they share, and each with its place in those, its hashes and its writers' in base64. */
export type SavedKnown = Readonly<{
  layouts: readonly (readonly string[])[];
  subjects: readonly (readonly [uid: string, layout: number, hashes: string, writes: string])[];
}>;

const nothingKnown: Known = { layout: [], hashes: '', writes: '' };

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

  /** What is known at this moment: a list that later changes leave as it is. */
  now(): (readonly [uid: string, known: Known])[] {
    return [...this.known];
  }

  /** Knows a subject without knowing anything of it: whatever it shows next is told whole. */
  empty(uid: string): void {
    this.known.set(uid, nothingKnown);
  }

  /** Whether a subject is known, and nothing of it. */
  isEmpty(uid: string): boolean {
    return this.known.get(uid)?.layout.length === 0;
  }

  /** Folds the parts of a stored observation in. */
  lay(uid: string, parts: ReadonlyMap<string, string | null>, writes: readonly Write[]): void {
    this.known.set(uid, lay(this.known.get(uid), parts, writes));
  }

  /**
   * Takes what `saveKnown` gave. Entries already here are replaced.
   *
   * @throws RangeError for what it cannot have given
   */
  load({ layouts, subjects }: SavedKnown): void {
    const lists = layouts.map(shared);
    for (const [uid, nth, hashes, writes] of subjects) {
      const layout = lists[nth];
      if (!layout) throw new RangeError(`There is no layout ${nth}`);
      this.known.set(uid, { layout, hashes: fromBase64(hashes), writes: fromBase64(writes) });
    }
  }
}

/**
 * Saves some of what `now` gave. Fingerprints of specs are left out: they say of which text the parts were made, not under which rules of
 * masking, and a recorder that masks otherwise must read every spec again.
 */
export function saveKnown(some: readonly (readonly [uid: string, known: Known])[]): SavedKnown {
  const layouts: (readonly string[])[] = [];
  const places = new Map<readonly string[], number>();
  const subjects = some.map(([uid, { layout, hashes, writes }]) => {
    const place = places.get(layout) ?? layouts.push(layout) - 1;
    places.set(layout, place);
    return [uid, place, toBase64(hashes), toBase64(writes)] as const;
  });
  return { layouts, subjects };
}

function toBase64(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('base64');
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}

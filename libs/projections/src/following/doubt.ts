import { errorCode } from '#libs/platform';

/**
 * What to do about a batch that the database refuses because of what is in it (a time that is none, a number out of range, a key that is
 * there): its events are projected one at a time, and the one that is refused alone is left out. Everything else that fails is an outage, and
 * is tried again as it was.
 */
export class Doubt {
  #upTo = -1;
  readonly #refused = new Map<number, unknown>();

  /** Whether the event at `position` is to be projected alone. */
  on(position: number): boolean {
    return position <= this.#upTo;
  }

  /** Why the event at `position` was refused when it was alone; undefined if it was not. */
  refusalOf(position: number): unknown {
    return this.#refused.get(position);
  }

  /** Takes note of a batch that failed. */
  failed(error: unknown, batch: Readonly<{ from: number; to: number }>): void {
    if (!isOfContent(error)) return;
    if (batch.from === batch.to) this.#refused.set(batch.to, error);
    else this.#upTo = Math.max(this.#upTo, batch.to);
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation). */
const isOfContent = (error: unknown): boolean => /^2[23]/.test(errorCode(error) ?? '');

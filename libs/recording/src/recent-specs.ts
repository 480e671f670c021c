import type { SpecText } from '#libs/kubernetes';

/** A generation is full with so many characters, or so many specs. Each keeps the line in which it came. */
const mostChars = 8_000_000;
const mostSpecs = 2_000;

/**
 * The texts of those specs that were seen last: most frames of a pod say of its spec what the last one said. In two generations: when the
 * younger is full it becomes the older, and the older is forgotten.
 */
export class RecentSpecs {
  private young = new Map<string, SpecText>();
  private old = new Map<string, SpecText>();
  private youngChars = 0;

  /** Characters that are held. */
  get chars(): number {
    return [...this.young.values(), ...this.old.values()].reduce((sum, { text }) => sum + text.length, 0);
  }

  /** Whether a pod's spec is held. */
  has(pod: string): boolean {
    return this.young.has(pod) || this.old.has(pod);
  }

  /** Spares a spec its digest where the last one of this pod is the same text. */
  compare(pod: string, spec: SpecText): void {
    const last = this.young.get(pod) ?? this.old.get(pod);
    const isSame = last !== undefined && spec.takeFrom(last);
    if (!isSame || !this.young.has(pod)) this.remember(pod, isSame ? last : spec.unread());
  }

  /** The pod is no more. */
  forget(pod: string): void {
    this.young.delete(pod);
    this.old.delete(pod);
  }

  private remember(pod: string, spec: SpecText): void {
    if (this.youngChars >= mostChars || this.young.size >= mostSpecs) {
      this.old = this.young;
      this.young = new Map();
      this.youngChars = 0;
    }
    this.youngChars += spec.text.length;
    this.old.delete(pod);
    this.young.set(pod, spec);
  }
}

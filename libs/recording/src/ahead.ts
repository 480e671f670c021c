import { isOld } from './positions.js';

/**
 * Pods that were written beyond the position that is stored for them, which a held change of probes keeps back: their frames come again
 * after a kill, and must add nothing.
 */
export class Ahead {
  private readonly written = new Map<string, string>();

  /** The resourceVersion up to which a pod is written. */
  get(stream: string): string | undefined {
    return this.written.get(stream);
  }

  /** A pod was written up to here. */
  note(stream: string, resourceVersion: string): void {
    this.written.set(stream, resourceVersion);
  }

  /** No frame from before now comes again. */
  clear(): void {
    this.written.clear();
  }

  /**
   * All of them at this moment; those that the position has passed are forgotten.
   *
   * @param before the position that held changes keep it at; undefined where nothing is held
   */
  now(before: string | undefined): (readonly [stream: string, resourceVersion: string])[] {
    for (const [stream, resourceVersion] of this.written)
      if (before === undefined || isOld(resourceVersion, before)) this.written.delete(stream);
    return [...this.written];
  }
}

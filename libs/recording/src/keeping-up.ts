/** A frame that waits so long for room in the queue stops the reading of its socket. */
const slowMs = 1_000;

/** Whoever has read without waiting for so long has read what was held back: sockets and servers hold a few megabytes. */
const freeMs = 10_000;

/**
 * Whether a watch keeps up with its server. A log that takes nothing stops the reading of the socket; what the server holds back for
 * us then it may throw away, and end the answer in good order, as it does with every slow watcher (semantics 6.1, 4). So what was seen
 * by then was seen up to where the waiting began, and no later.
 */
export class KeepingUp {
  private came = 0;
  private cameAt = '';
  private slowUntil = 0;
  /** Since when frames may have waited for us, RFC 3339; undefined while none does. */
  behindSince: string | undefined;

  /** @param elapsed milliseconds on a clock that never jumps */
  constructor(
    private readonly now: () => string,
    private readonly elapsed: () => number = () => performance.now(),
  ) {}

  /** Frames came, or the end. */
  comes(): void {
    this.came = this.elapsed();
    this.cameAt = this.now();
    if (this.came - this.slowUntil >= freeMs) this.behindSince = undefined;
  }

  /** The frames were taken. */
  taken(): void {
    const now = this.elapsed();
    if (now - this.came < slowMs) return;
    this.slowUntil = now;
    this.behindSince ??= this.cameAt;
  }
}

const newline = 0x0a;

/**
 * Divides a stream of bytes into lines. Only whole lines are decoded: a character may lie across two chunks, and an object of
 * several hundred kilobytes across many.
 */
export class Lines {
  private pending: Buffer[] = [];

  /** @param keepsEmpty whether empty lines count as lines: where lines are numbered */
  constructor(private readonly keepsEmpty = false) {}

  /** The lines that `chunk` completes, without their newline; empty lines are left out, unless they count. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = this.complete(chunk.subarray(start, end));
      if (line !== '' || this.keepsEmpty) lines.push(line);
      start = end + 1;
    }
    if (start < chunk.length) this.pending.push(chunk.subarray(start));
    return lines;
  }

  /** What came after the last newline: in a stream that ended well there is nothing. */
  get rest(): string {
    return Buffer.concat(this.pending).toString('utf8');
  }

  private complete(end: Buffer): string {
    if (this.pending.length === 0) return end.toString('utf8');
    const line = Buffer.concat([...this.pending, end]).toString('utf8');
    this.pending = [];
    return line;
  }
}

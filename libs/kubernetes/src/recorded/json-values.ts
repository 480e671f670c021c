/** A JSON object as text, on one line, and the line from 1 on which it begins. */
export type JsonValue = Readonly<{ text: string; line: number }>;

/** Something other than a JSON object stands where one should begin. */
export class NoJsonObject extends Error {
  constructor(readonly line: number) {
    super(`no JSON object begins on line ${line}`);
  }
}

const [newline, quote, backslash, open, close] = [0x0a, 0x22, 0x5c, 0x7b, 0x7d] as const;
const isSpace = (byte: number) => byte === 0x20 || byte === newline || byte === 0x0d || byte === 0x09;

/**
 * Divides a stream of bytes into the JSON objects that follow one another in it, however they are spaced: what `kubectl -o json -w`
 * prints. Only whole objects are decoded. A line break within an object is white space, since in strings it is escaped.
 */
export class JsonValues {
  private pending: Buffer[] = [];
  private depth = 0;
  private inString = false;
  private escaped = false;
  private line = 1;
  private began = 1;

  /** The objects that `chunk` completes. @throws NoJsonObject after those that came before it were handed out */
  *push(chunk: Buffer): Generator<JsonValue> {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (byte === newline) this.line += 1;
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (byte === backslash) this.escaped = true;
        else if (byte === quote) this.inString = false;
      } else if (this.depth === 0) {
        if (isSpace(byte)) continue;
        if (byte !== open) throw new NoJsonObject(this.line);
        [this.depth, this.began, start] = [1, this.line, at];
      } else if (byte === quote) this.inString = true;
      else if (byte === open) this.depth += 1;
      else if (byte === close && --this.depth === 0) {
        yield { text: this.complete(chunk.subarray(start, at + 1)), line: this.began };
        start = at + 1;
      }
    }
    if (this.depth > 0) this.pending.push(chunk.subarray(start));
  }

  /** The line on which an object began that is not complete. */
  get unfinished(): number | undefined {
    return this.depth > 0 ? this.began : undefined;
  }

  private complete(end: Buffer): string {
    const text = Buffer.concat([...this.pending, end]).toString('utf8');
    this.pending = [];
    return text.includes('\n') ? text.replaceAll(/[\r\n]+/g, ' ') : text;
  }
}

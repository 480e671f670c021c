/**
 * Reads a shell script as words and operators, as much of POSIX sh and bash as waiting scripts are written in. It runs
 * nothing and guesses nothing: what it cannot read is a piece without a value.
 */

/** A piece of a word: text, `$NAME` or `${NAME…}`, or the script of `$(…)` and of backticks. */
export type Piece =
  Readonly<{ text: string }> | Readonly<{ variable: string; operation: string }> | Readonly<{ script: string }>;

/** `quoted`: some of it stood in quotes, so that its value is one word whatever is in it. */
export type Word = Readonly<{ pieces: readonly Piece[]; quoted: boolean }>;

export type Token =
  | Readonly<{ kind: 'word'; word: Word }>
  | Readonly<{ kind: 'operator'; operator: string }>
  | Readonly<{ kind: 'redirect'; word: Word }>;

/** More of a script is not read: a wait stands at its beginning. */
const mostRead = 65_536;

/** Longer ones first. */
const operators = ['&&', '||', ';;', '|&', ';', '|', '&', '(', ')', '\n'];
const redirects = ['<<<', '&>>', '&>', '>>', '>|', '>&', '<&', '<>', '<', '>'];

/** A word of a command that was masked when it was kept: no redirection, though it looks like one. */
const masked = /<masked:[\w-]*>/y;
const simpleVariable = /[A-Za-z_]\w*|[0-9@*#?!$-]/y;
const bracedVariable = /^!?([A-Za-z_]\w*|[0-9]+|[@*#?!$-])(.*)$/s;

export function tokens(script: string): readonly Token[] {
  return new Reader(script.slice(0, mostRead)).all();
}

class Reader {
  private readonly found: Token[] = [];
  private pieces: Piece[] = [];
  private started = false;
  private quoted = false;
  private redirecting = false;
  private at = 0;
  /** Ends of here-documents whose text begins with the next line. */
  private readonly pending: string[] = [];

  constructor(private readonly script: string) {}

  all(): readonly Token[] {
    while (this.at < this.script.length) this.step();
    this.endWord();
    return this.found;
  }

  private step(): void {
    const { script, at } = this;
    const char = script.charAt(at);
    if (char === ' ' || char === '\t' || char === '\r') {
      this.endWord();
      this.at += 1;
    } else if (char === '#' && !this.started) this.at = this.lineEnd();
    else if (char === '\\') this.escaped();
    else if (char === "'") this.singleQuoted();
    else if (char === '"') this.doubleQuoted();
    else if (char === '$' || char === '`') this.expansion();
    else if (!this.maskedWord() && !this.operator()) {
      this.add(char);
      this.at += 1;
    }
  }

  private add(text: string): void {
    this.started = true;
    const last = this.pieces.at(-1);
    if (last && 'text' in last) this.pieces[this.pieces.length - 1] = { text: last.text + text };
    else this.pieces.push({ text });
  }

  private addPiece(piece: Piece): void {
    this.started = true;
    this.pieces.push(piece);
  }

  private endWord(): void {
    if (!this.started) return;
    const word = { pieces: this.pieces, quoted: this.quoted };
    this.found.push(this.redirecting ? { kind: 'redirect', word } : { kind: 'word', word });
    this.pieces = [];
    this.started = this.quoted = this.redirecting = false;
  }

  private lineEnd(): number {
    const end = this.script.indexOf('\n', this.at);
    return end === -1 ? this.script.length : end;
  }

  private escaped(): void {
    const next = this.script.charAt(this.at + 1);
    if (next !== '\n') this.add(next);
    this.at += 2;
  }

  private singleQuoted(): void {
    const end = this.script.indexOf("'", this.at + 1);
    const to = end === -1 ? this.script.length : end;
    this.quoted = true;
    this.add(this.script.slice(this.at + 1, to));
    this.at = to + 1;
  }

  private doubleQuoted(): void {
    this.quoted = true;
    this.add('');
    this.at += 1;
    while (this.at < this.script.length) {
      const char = this.script.charAt(this.at);
      if (char === '"') break;
      if (char === '$' || char === '`') this.expansion();
      else if (char === '\\' && /["\\$`\n]/.test(this.script.charAt(this.at + 1))) this.escaped();
      else {
        this.add(char);
        this.at += 1;
      }
    }
    this.at += 1;
  }

  private expansion(): void {
    const { script, at } = this;
    if (script.charAt(at) === '`') {
      const end = script.indexOf('`', at + 1);
      const to = end === -1 ? script.length : end;
      this.addPiece({ script: script.slice(at + 1, to) });
      this.at = to + 1;
    } else if (script.startsWith('$((', at)) this.at = this.skipped(at + 1, '(', ')', 'arithmetic');
    else if (script.startsWith('$(', at)) this.at = this.skipped(at + 1, '(', ')', 'script');
    else if (script.startsWith('${', at)) this.at = this.skipped(at + 1, '{', '}', 'variable');
    else this.plainVariable();
  }

  private plainVariable(): void {
    simpleVariable.lastIndex = this.at + 1;
    const name = simpleVariable.exec(this.script)?.[0];
    if (name === undefined) this.add('$');
    else this.addPiece({ variable: name, operation: '' });
    this.at += 1 + (name?.length ?? 0);
  }

  /** Reads from an opening bracket to its end, quotes and nested ones skipped. @returns where the reading goes on */
  private skipped(from: number, open: string, close: string, as: 'script' | 'variable' | 'arithmetic'): number {
    let depth = 0;
    let at = from;
    for (; at < this.script.length; at++) {
      const char = this.script.charAt(at);
      if (char === '\\') at += 1;
      else if (char === "'" && as === 'script') at = this.after("'", at);
      else if (char === open) depth += 1;
      else if (char === close && --depth === 0) break;
    }
    const inner = this.script.slice(from + 1, at);
    if (as === 'script') this.addPiece({ script: inner });
    else {
      const [, variable, operation] = (as === 'variable' ? bracedVariable.exec(inner) : null) ?? [];
      this.addPiece(variable === undefined ? { script: '' } : { variable, operation: operation ?? '' });
    }
    return at + 1;
  }

  private after(quote: string, from: number): number {
    const end = this.script.indexOf(quote, from + 1);
    return end === -1 ? this.script.length : end;
  }

  private maskedWord(): boolean {
    masked.lastIndex = this.at;
    const word = masked.exec(this.script)?.[0];
    if (word === undefined) return false;
    this.add(word);
    this.at += word.length;
    return true;
  }

  private operator(): boolean {
    const { script, at } = this;
    if (script.startsWith('<(', at) || script.startsWith('>(', at)) {
      this.at = this.skipped(at + 1, '(', ')', 'script');
      return true;
    }
    const hereDocument = /^<<-?[ \t]*(["']?)([\w.-]+)\1/.exec(script.slice(at, at + 80));
    if (hereDocument) {
      this.dropDescriptor();
      this.pending.push(hereDocument[2] ?? '');
      this.at += hereDocument[0].length;
      return true;
    }
    const redirect = redirects.find((one) => script.startsWith(one, at));
    if (redirect !== undefined) {
      this.dropDescriptor();
      this.redirecting = true;
      this.at += redirect.length;
      return true;
    }
    const operator = operators.find((one) => script.startsWith(one, at));
    if (operator === undefined) return false;
    this.endWord();
    this.found.push({ kind: 'operator', operator });
    this.at += operator.length;
    if (operator === '\n') this.skipHereDocuments();
    return true;
  }

  /** `2>`: the number before a redirection is no word. */
  private dropDescriptor(): void {
    const [only] = this.pieces;
    if (this.pieces.length === 1 && only && 'text' in only && /^\d*$/.test(only.text)) {
      this.pieces = [];
      this.started = false;
    }
    this.endWord();
  }

  private skipHereDocuments(): void {
    for (const end of this.pending.splice(0)) {
      while (this.at < this.script.length) {
        const line = this.script.slice(this.at, this.lineEnd());
        this.at = Math.min(this.script.length, this.lineEnd() + 1);
        if (line.trim() === end) break;
      }
    }
  }
}

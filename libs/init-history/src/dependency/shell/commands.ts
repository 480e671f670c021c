/** The simple commands of a script, each with the loop it stands in: what is asked again and again is waited for. */
import { tokens, type Token, type Word } from './tokens.js';

/** Where in its innermost loop a command stands. */
export type LoopPlace = 'condition' | 'body';

export type Loop = {
  readonly kind: 'until' | 'while' | 'for';
  /** `while true`, `while :`. */
  forever: boolean;
  sleeps: boolean;
  /** It is left by break, exit or return. */
  leaves: boolean;
};

export type Command = Readonly<{
  words: readonly Word[];
  /** Where its input and output go: `/dev/tcp/HOST/PORT` is a connection. */
  redirects: readonly Word[];
  loop: Loop | null;
  place: LoopPlace | null;
  negated: boolean;
  /** It stands between `if` and `then`. */
  tested: boolean;
  /** Of `for NAME in WORDS`: what NAME takes one after another. */
  each: Readonly<{ name: string; values: readonly Word[] }> | null;
  /** Within the function of this name: it runs when that is called. */
  within: string | null;
  /** What follows it: `||`, `&&`, `|`, … */
  next: string | null;
}>;

/** The words of a word that is plain text, else undefined. */
export function plain(word: Word | undefined): string | undefined {
  if (!word) return undefined;
  let text = '';
  for (const piece of word.pieces) {
    if (!('text' in piece)) return undefined;
    text += piece.text;
  }
  return text;
}

type Level = { readonly until: string; loop: Loop | null; place: LoopPlace | null; tests: boolean };

const begins: Readonly<Record<string, string>> = { if: 'fi', case: 'esac', '{': '}' };
const between: ReadonlySet<string> = new Set(['then', 'else', 'elif']);
/** Commands that end a loop or a script. */
export const leaving: ReadonlySet<string> = new Set(['break', 'exit', 'return']);

export function commands(script: string): readonly Command[] {
  return new Parser().parse(tokens(script));
}

class Parser {
  private readonly found: Command[] = [];
  private readonly levels: Level[] = [];
  private words: Word[] = [];
  private redirects: Word[] = [];
  private negated = false;
  private functionName: string | null = null;
  private functionDepth = 0;

  parse(all: readonly Token[]): readonly Command[] {
    for (const [index, token] of all.entries()) {
      if (token.kind === 'redirect') this.redirects.push(token.word);
      else if (token.kind === 'operator') this.operator(token.operator, all[index + 1]);
      else if (!this.opensFunction(token.word) && (this.words.length > 0 || !this.keyword(token.word)))
        this.words.push(token.word);
    }
    this.end(null);
    return this.found;
  }

  /** `function NAME {`, all on one line. */
  private opensFunction(word: Word): boolean {
    const [first, second] = this.words.map(plain);
    if (this.words.length !== 2 || first !== 'function' || word.quoted || plain(word) !== '{') return false;
    this.words = [];
    this.beginFunction(second ?? '');
    this.nest('}', false);
    return true;
  }

  private get level(): Level | undefined {
    return this.levels.at(-1);
  }

  private operator(operator: string, next: Token | undefined): void {
    const [name, ...rest] = this.words;
    const defines = operator === '(' && rest.length === 0 && next?.kind === 'operator' && next.operator === ')';
    const called = plain(name);
    if (defines && called !== undefined) {
      this.words = [];
      this.beginFunction(called);
      return;
    }
    this.end(operator);
  }

  /** A reserved word where a command may begin. */
  private keyword(word: Word): boolean {
    const name = word.quoted ? undefined : plain(word);
    if (name === undefined) return false;
    if (name === '!') {
      this.negated = !this.negated;
      return true;
    }
    if (name === 'until' || name === 'while') {
      const loop = { kind: name, forever: false, sleeps: false, leaves: false } as const;
      this.levels.push({ until: 'done', loop: { ...loop }, place: 'condition', tests: false });
      return true;
    }
    if (name === 'do') {
      if (this.level) this.level.place = this.level.loop ? 'body' : this.level.place;
      return true;
    }
    return this.block(name);
  }

  private block(name: string): boolean {
    const end = begins[name];
    if (end !== undefined && Object.hasOwn(begins, name)) {
      this.nest(end, name === 'if');
      return true;
    }
    if (between.has(name)) {
      if (this.level) this.level.tests = name === 'elif';
      return true;
    }
    if (name !== 'done' && name !== 'fi' && name !== 'esac' && name !== '}') return false;
    if (this.level?.until === name) this.levels.pop();
    if (this.functionName !== null && this.levels.length <= this.functionDepth) this.functionName = null;
    return true;
  }

  private end(next: string | null): void {
    const { words, redirects } = this;
    const [first, second, third] = words.map(plain);
    if (words.length > 0 || redirects.length > 0) {
      if (first === 'for') this.beginFor(second ?? '', third === 'in' ? words.slice(3) : []);
      else if (first === 'function') this.beginFunction(second ?? '');
      else this.add(next, null);
    }
    this.words = [];
    this.redirects = [];
    if (next !== '|' && next !== '(') this.negated = false;
  }

  private beginFunction(name: string): void {
    this.functionName = name;
    this.functionDepth = this.levels.length;
  }

  /** A level that is no loop: what is in it stands where it stands. */
  private nest(until: string, tests: boolean): void {
    this.levels.push({ until, loop: this.level?.loop ?? null, place: this.level?.place ?? null, tests });
  }

  private beginFor(name: string, values: readonly Word[]): void {
    const loop: Loop = { kind: 'for', forever: false, sleeps: false, leaves: false };
    this.levels.push({ until: 'done', loop, place: 'body', tests: false });
    this.add(null, { name, values });
  }

  private add(next: string | null, each: Command['each']): void {
    const { words, redirects, level, negated, functionName: within } = this;
    const [first, second] = words.map(plain);
    const loop = level?.loop ?? null;
    const place = level?.place ?? null;
    const always = first === 'true' || first === 'false' || first === ':' || (first === '[' && second === '1');
    if (loop && place === 'condition' && always) loop.forever = true;
    for (const one of this.levels) {
      if (!one.loop || first === undefined) continue;
      if (first === 'sleep' || first === 'usleep') one.loop.sleeps = true;
      if (leaving.has(first)) one.loop.leaves = true;
    }
    const tested = level?.tests ?? false;
    this.found.push({ words: each ? [] : words, redirects, loop, place, negated, tested, each, within, next });
  }
}

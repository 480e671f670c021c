/** Goes through a container's command as its shell would, without running any of it, and tells each program it would call. */
import { commands, leaving, plain, type Command } from './commands.js';
import { Scope, type Given } from './scope.js';
import type { Word } from './tokens.js';
import { assignment, scriptOf, unwrapped } from './wrappers.js';

/** A program with its arguments, and how it stands in the script. */
export type Call = Readonly<{
  /** The last part of its path. */
  program: string;
  args: readonly string[];
  /** Targets of its redirections. */
  redirects: readonly string[];
  /** Literals set for it alone: `PGHOST=db pg_isready`. */
  environment: ReadonlyMap<string, string>;
  /**
   * `loop`: asked until it succeeds. `retried`: in the body of a loop that sleeps and can be left. `once`: its failure
   * fails the container, which the kubelet runs again. `no`: nothing depends on it.
   */
  asked: 'loop' | 'retried' | 'once' | 'no';
}>;

/** Scripts in scripts are followed this deep. */
const deepest = 8;
/** More calls are not looked at, nor more commands gone through: functions may call each other without end. */
const mostCalls = 2_000;
const mostSteps = 20_000;

/** Every program that the words of a container's command and args call, in the order of their text. */
export function callsOf(words: readonly string[], given: Given): readonly Call[] {
  const run = new Run();
  run.exec(words, new Scope(given), { asked: 'once', redirects: [], environment: new Map(), depth: 0 });
  return run.calls;
}

/** Commands of a script by the function they are in; null for those in none. */
type Functions = ReadonlyMap<string | null, readonly Command[]>;

type At = Readonly<{
  asked: Call['asked'];
  redirects: readonly string[];
  environment: ReadonlyMap<string, string>;
  depth: number;
}>;

class Run {
  readonly calls: Call[] = [];
  private steps = 0;

  /** A program with its arguments; of a shell what it is given to run. */
  exec(all: readonly string[], scope: Scope, at: At): void {
    const { words, environment } = unwrapped(all);
    const [path, ...args] = words;
    if (path === undefined || this.calls.length >= mostCalls || at.depth > deepest) return;
    const program = path.slice(path.lastIndexOf('/') + 1);
    const script = scriptOf(program, args);
    const deeper = { ...at, depth: at.depth + 1, environment: new Map([...at.environment, ...environment]) };
    if (typeof script === 'string') this.script(script, scope, deeper);
    else if (script) this.exec(script, scope, deeper);
    else this.calls.push({ program, args, redirects: at.redirects, environment: deeper.environment, asked: at.asked });
  }

  script(text: string, scope: Scope, at: At): void {
    if (at.depth > deepest) return;
    const all = commands(text);
    const functions = Map.groupBy(all, ({ within }) => within);
    this.body(functions.get(null) ?? [], scope, at, functions);
  }

  /** @param at how this very command is asked, and how deep it stands */
  private command(command: Command, scope: Scope, at: At, functions: Functions): void {
    if (++this.steps > mostSteps) return;
    const { asked } = at;
    const deeper = { ...at, depth: at.depth + 1 };
    this.substitutions(command, scope, { ...deeper, asked: inQuestion(command, asked) });
    if (command.each) {
      scope.set(
        command.each.name,
        command.each.values.flatMap((word) => split(word, scope)),
      );
      return;
    }
    const { assignments, words } = assigned(command.words);
    const redirects = command.redirects.flatMap((word) => scope.worth(word));
    if (words.length === 0) {
      for (const [name, word] of assignments) scope.set(name, scope.worth(word));
      if (redirects.length > 0) this.calls.push({ program: '', args: [], redirects, environment: new Map(), asked });
      return;
    }
    const environment = new Map(assignments.map(([name, word]) => [name, scope.worth(word)[0] ?? ''] as const));
    this.named(words, scope, { ...deeper, redirects, environment }, functions);
  }

  private named(words: readonly Word[], scope: Scope, at: At, functions: Functions): void {
    const name = plain(words[0]);
    if (name === 'export' || name === 'local' || name === 'readonly' || name === 'declare') {
      for (const [variable, word] of assigned(words.slice(1)).assignments) scope.set(variable, scope.worth(word));
      return;
    }
    const body = name === undefined ? [] : (functions.get(name) ?? []);
    for (const called of alternatives(words, scope)) {
      if (body.length === 0 || at.depth > deepest) this.exec(called, scope, at);
      else this.body(body, scope.called(called.slice(1)), at, functions);
    }
  }

  private body(body: readonly Command[], scope: Scope, at: At, functions: Functions): void {
    for (const [index, command] of body.entries())
      this.command(command, scope, { ...at, asked: askedOf(command, at.asked, body[index + 1]) }, functions);
  }

  /** What stands in `$(…)` is called too. */
  private substitutions(command: Command, scope: Scope, at: At): void {
    for (const word of [...command.words, ...command.redirects]) {
      for (const piece of word.pieces) if ('script' in piece) this.script(piece.script, scope, at);
    }
  }
}

/** What depends on a command, by where it stands; `outer` is what depends on the script it is in. */
function askedOf(command: Command, outer: Call['asked'], following: Command | undefined): Call['asked'] {
  const { loop, place, negated, tested, next } = command;
  if (loop === null) {
    const mayFail = tested || next === '&' || (next === '||' && !leaving.has(plain(following?.words[0]) ?? ''));
    return mayFail && outer === 'once' ? 'no' : outer;
  }
  if (place === 'condition') {
    const waits = loop.kind === 'until' ? !negated : negated;
    return waits ? 'loop' : 'no';
  }
  const ends = loop.leaves || (loop.kind !== 'for' && !loop.forever);
  return loop.sleeps && ends ? 'retried' : 'no';
}

/** `while [ "$(curl …)" != 200 ]` asks in the test, not by how it ends: what is in the test is asked for. */
function inQuestion({ loop, place, words }: Command, asked: Call['asked']): Call['asked'] {
  const name = plain(words[0]);
  const tests = name === '[' || name === '[[' || name === 'test';
  return place === 'condition' && loop !== null && !loop.forever && tests ? 'loop' : asked;
}

function assigned(words: readonly Word[]): Readonly<{ assignments: [string, Word][]; words: readonly Word[] }> {
  const assignments: [string, Word][] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at];
    const [first, ...rest] = word?.pieces ?? [];
    const [, name, value] = (first && 'text' in first && assignment.exec(first.text)) || [];
    if (!word || name === undefined) break;
    assignments.push([name, { quoted: word.quoted, pieces: [{ text: value ?? '' }, ...rest] }]);
  }
  return { assignments, words: words.slice(at) };
}

/** The words of a value that stands without quotes. */
const split = (word: Word, scope: Scope): readonly string[] =>
  word.quoted || word.pieces.every((piece) => 'text' in piece)
    ? scope.worth(word)
    : scope.worth(word).flatMap((value) => value.split(/\s+/).filter((one) => one !== ''));

/** One list of arguments for each value that a variable of a loop takes. */
function alternatives(words: readonly Word[], scope: Scope): readonly (readonly string[])[] {
  const each = words.map((word) => scope.worth(word));
  const most = Math.max(1, ...each.map((values) => values.length));
  return Array.from({ length: most }, (_, at) =>
    words.flatMap((word, index) => {
      const values = each[index] ?? [];
      const value = values[values.length === 1 ? 0 : at] ?? '';
      const whole = word.quoted || word.pieces.every((piece) => 'text' in piece);
      return whole ? [value] : value.split(/\s+/).filter((one) => one !== '');
    }),
  );
}

/** What the variables of a script are worth, as far as its text tells. */
import type { Piece, Word } from './tokens.js';

/** The path at which every container with a service account finds its own namespace. */
const ownNamespaceFile = /^\s*(?:cat|<)\s+\/(?:var\/)?run\/secrets\/kubernetes\.io\/serviceaccount\/namespace\s*$/;

const defaulted = /^:?[-=](.*)$/s;
/** `${X%%:*}`, `${X##*:}` and their kin: what people cut HOST:PORT apart with. */
const cut = /^(%%?|##?)(.+)$/s;

/** Stands where a value is not known: a dollar and the name, which no host can be. */
export const unknown = (name: string): string => `$${name}`;

export type Given = Readonly<{
  namespace: string;
  /** Literals of the environment; null where it is declared and its value is not here. */
  environment: ReadonlyMap<string, string | null>;
  /** More may be declared than is named: envFrom. */
  open: boolean;
}>;

export class Scope {
  private readonly values = new Map<string, readonly string[]>();

  constructor(
    readonly given: Given,
    private readonly positional: readonly string[] = [],
  ) {}

  /** The same variables, with the arguments of a called function. */
  called(positional: readonly string[]): Scope {
    const scope = new Scope(this.given, positional);
    for (const [name, values] of this.values) scope.values.set(name, values);
    return scope;
  }

  set(name: string, values: readonly string[]): void {
    this.values.set(name, values);
  }

  /** Every value that a variable takes; more than one of what a loop goes through. */
  private valuesOf(name: string): readonly string[] {
    if (/^[0-9]+$/.test(name)) return [this.positional[Number(name) - 1] ?? unknown(name)];
    const own = this.values.get(name);
    if (own) return own;
    const literal = this.given.environment.get(name);
    return [literal ?? ofService(name) ?? unknown(name)];
  }

  private isKnown(name: string): boolean {
    return this.values.has(name) || this.given.environment.has(name) || this.given.open;
  }

  /**
   * What a word can be worth: one value for each that its variables take, at most sixteen. A value that is not known is
   * `$NAME`, one that would have to be run is `$()`.
   */
  worth(word: Word): readonly string[] {
    let all: readonly string[] = [''];
    for (const piece of word.pieces) {
      const values = this.worthOf(piece);
      all = all.flatMap((before) => values.map((value) => before + value)).slice(0, 16);
    }
    return all;
  }

  private worthOf(piece: Piece): readonly string[] {
    if ('text' in piece) return [piece.text];
    if ('script' in piece) return [ownNamespaceFile.test(piece.script) ? this.given.namespace : unknown('()')];
    const { variable, operation } = piece;
    const otherwise = defaulted.exec(operation)?.[1];
    if (otherwise !== undefined && !this.isKnown(variable)) return [otherwise];
    const [, how, pattern] = cut.exec(operation) ?? [];
    const values = this.valuesOf(variable);
    return how === undefined || pattern === undefined ? values : values.map((value) => cutOff(value, how, pattern));
  }
}

/**
 * `MY_DB_SERVICE_HOST` and `_PORT` are set by the kubelet for the Service `my-db` of the pod's namespace (Kubernetes docs,
 * "Service environment variables"): a Service's name has no underscore.
 */
function ofService(name: string): string | null {
  const service = /^([A-Z][A-Z0-9_]*)_SERVICE_HOST$/.exec(name)?.[1];
  return service === undefined ? null : service.toLowerCase().replaceAll('_', '-');
}

function cutOff(value: string, how: string, pattern: string): string {
  const separator = pattern.replace('*', '');
  if (value.startsWith('$') || separator === '' || separator.includes('*'))
    return value.startsWith('$') ? value : unknown('()');
  const at = how === '%%' || how === '#' ? value.indexOf(separator) : value.lastIndexOf(separator);
  if (at === -1) return value;
  return how.startsWith('%') ? value.slice(0, at) : value.slice(at + separator.length);
}

/** A JSON object as it came from the API server. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What PostgreSQL can store of a string: NUL and lone surrogates become U+FFFD. */
export function clean(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole;
}

/** Printable ASCII without quote and backslash: as JSON text it is itself in quotes. Nearly all strings of an object are. */
const plain = /^[ !#-[\]-~]*$/;

/** A string as JSON text, cleaned. */
export function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(clean(text));
}

/** A scalar as JSON text; undefined for null, for absent, and for objects and lists. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : undefined;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return undefined;
}

/** Whether this is a JSON object: neither a list nor null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Below this many levels nothing is kept: no Kubernetes object is so deep, and recursion must end. */
const deepest = 64;

/**
 * Any JSON value as canonical text: keys in code unit order, strings cleaned, absent and null members left out.
 * Of two keys that become one by cleaning the first stays. Undefined where there is no value at all.
 *
 * @param textOf how a string is written, cleaned unless told otherwise
 */
export function canonical(value: unknown, textOf: (text: string) => string = quoted, level = 0): string | undefined {
  if (level > deepest) return undefined;
  if (typeof value === 'string') return textOf(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, textOf, level + 1) ?? 'null').join(',')}]`;
  if (!isObject(value)) return scalarText(value);
  return objectText(Object.keys(value).map((key) => [key, canonical(value[key], textOf, level + 1)]));
}

/** An object's text from its members' texts, sorted; members without a text are left out. */
export function objectText(members: readonly (readonly [string, string | undefined])[]): string {
  const texts = new Map<string, string>();
  for (const [key, text] of members) {
    const name = clean(key);
    if (text !== undefined && !texts.has(name)) texts.set(name, text);
  }
  const sorted = [...texts.keys()].toSorted();
  return `{${sorted.map((key) => `${quoted(key)}:${texts.get(key) ?? 'null'}`).join(',')}}`;
}

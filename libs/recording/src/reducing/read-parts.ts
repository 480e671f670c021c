import type { Write } from '#libs/init-history';
import { parseJson } from '#libs/kubernetes';
import { canonical, isObject } from './canonical.js';

/**
 * The parts and writes of a stored body, for a recorder that regains what it knows from the log.
 * Canonical text is the same again after parsing, so the hashes agree with those of the time of writing.
 */
export function readParts(
  body: string,
): Readonly<{ parts: ReadonlyMap<string, string | null>; writes: readonly Write[] }> {
  const stored = parseJson(body);
  const { parts, event, writes } = isObject(stored) ? stored : {};
  const texts = new Map<string, string | null>();
  if (isObject(parts)) for (const name of Object.keys(parts)) texts.set(name, canonical(parts[name]) ?? null);
  if (isObject(event)) texts.set('event', canonical(event) ?? null);
  return { parts: texts, writes: Array.isArray(writes) ? (writes as Write[]) : [] };
}

/** The resourceVersion that a stored body is of. It stands near its beginning, so nothing is parsed for it. */
export function resourceVersionIn(body: string): string | undefined {
  return /"resourceVersion":"([^"]*)"/.exec(body.slice(0, 300))?.[1];
}

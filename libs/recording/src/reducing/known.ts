import { hash } from 'node:crypto';
import type { Write } from '#libs/init-history';
import type { Known, Reduced } from './reduced.js';
import { layWrites, writesMoved } from './writes.js';

/** What an object shows that was not known. */
export type Change = Readonly<{
  /** The parts that changed, each whole as JSON text; null for one that went. */
  parts: ReadonlyMap<string, string | null>;
  writes: readonly Write[];
  /** Only conditions Ready and ContainersReady and `ready` of containers differ. */
  probesOnly: boolean;
  /** What is known once this change is written. */
  known: Known;
}>;

const hashBytes = 8;
const nothing: Known = { layout: [], hashes: '', writes: '' };
const probeConditions = new Set(['condition.Ready', 'condition.ContainersReady']);
/** Of a container: `status` alone is the pod's own. */
const isContainerStatus = (name: string) => name.startsWith('status.');
const readyFlag = /"ready":(true|false)/;

/** Compares an object with what is known of it. Undefined: no part changed, and nothing is to be written. */
export function observe(known: Known | undefined, reduced: Reduced): Change | undefined {
  const before = known ?? nothing;
  const layout = layoutOf(reduced, before.layout);
  const digests: string[] = [];
  for (const [name, text] of reduced.parts) {
    digests.push(text === '' ? carriedDigest(name, reduced) : digest(name, text));
  }
  const hashes = digests.join('');
  if (known !== undefined && before.layout === layout && before.hashes === hashes) return undefined;

  const { parts, probesOnly } = compare(before, reduced, digests);
  if (known !== undefined && parts.size === 0) return undefined;
  const { moved, known: writes } = writesMoved(before.writes, reduced.managedFields);
  return { parts, writes: moved, probesOnly, known: { layout, hashes, writes, spec: reduced.spec } };
}

/** What the last frame of a subject still changed: often nothing. Without a frame (`reduced` undefined) nothing is claimed. */
export function farewell(known: Known | undefined, reduced: Reduced | undefined): Change {
  const last = reduced && observe(known, reduced);
  if (last) return last;
  const { moved } = writesMoved(known?.writes ?? '', reduced?.managedFields ?? []);
  return { parts: new Map(), writes: reduced ? moved : [], probesOnly: false, known: known ?? nothing };
}

/** Those of `parts` that are what is known of the subject. */
export function agreeing(known: Known, parts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const places = new Map(known.layout.map((name, at) => [name, at]));
  const agrees = ([name, text]: [string, string]): boolean => {
    const at = places.get(name);
    return at !== undefined && hashAt(known, at) === digest(name, text);
  };
  return new Map([...parts].filter(agrees).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Lays the parts of a stored observation over what is known: how a restart regains it from the log. */
export function lay(
  known: Known | undefined,
  parts: ReadonlyMap<string, string | null>,
  writes: readonly Write[],
): Known {
  const digests = new Map(known?.layout.map((name, at) => [name, hashAt(known, at)]));
  for (const [name, text] of parts) {
    if (text === null) digests.delete(name);
    else digests.set(name, digest(name, text));
  }
  const layout = [...digests.keys()].toSorted();
  return {
    layout: shared(layout),
    hashes: layout.map((name) => digests.get(name) ?? '').join(''),
    writes: layWrites(known?.writes ?? '', writes),
  };
}

function compare(before: Known, reduced: Reduced, digests: readonly string[]): Pick<Change, 'parts' | 'probesOnly'> {
  const parts = new Map<string, string | null>();
  let probesOnly = true;
  let [at, met] = [0, 0];
  for (const [name, text] of reduced.parts) {
    const now = digests[at] ?? '';
    const place = before.layout[at] === name ? at : before.layout.indexOf(name);
    const was = place < 0 ? undefined : hashAt(before, place);
    at += 1;
    met += Number(place >= 0);
    if (now === was) continue;
    parts.set(name, text);
    probesOnly &&= was !== undefined && isProbe(name, was, now);
  }
  if (met === before.layout.length) return { parts, probesOnly: probesOnly && parts.size > 0 };
  for (const name of before.layout) if (!reduced.parts.has(name)) parts.set(name, null);
  return { parts, probesOnly: false };
}

function isProbe(name: string, was: string, now: string): boolean {
  return probeConditions.has(name) || (isContainerStatus(name) && was.slice(0, -1) === now.slice(0, -1));
}

/**
 * Eight bytes of SHA-256. Of a container status seven bytes leave `ready` out and the eighth is `ready`,
 * so that a change of a probe can be told from all others without the text.
 */
function digest(name: string, text: string): string {
  const ready = isContainerStatus(name) ? readyFlag.exec(text) : null;
  if (!ready) return hash('sha256', text, 'binary').slice(0, hashBytes);
  const rest = text.slice(0, ready.index) + text.slice(ready.index + ready[0].length);
  return hash('sha256', rest, 'binary').slice(0, hashBytes - 1) + (ready[1] === 'true' ? '1' : '0');
}

/** Of a part whose text was not made again: what is known of it. No part's text is empty. */
function carriedDigest(name: string, { carried }: Reduced): string {
  const at = carried?.layout.indexOf(name) ?? -1;
  if (!carried || at < 0) throw new RangeError(`Nothing is known of ${name}`);
  return hashAt(carried, at);
}

function hashAt(known: Known, at: number): string {
  return known.hashes.slice(at * hashBytes, (at + 1) * hashBytes);
}

/** The list of an object's parts: the one that is known where it is the same, which it nearly always is. */
function layoutOf({ parts }: Reduced, known: readonly string[]): readonly string[] {
  if (parts.size === known.length) {
    let at = 0;
    for (const name of parts.keys()) if (known[at] === name) at += 1;
    if (at === known.length) return known;
  }
  return shared([...parts.keys()]);
}

const layouts = new Map<string, readonly string[]>();
const mostLayouts = 10_000;

/** One list for all subjects of one shape. The table is emptied when it is full: sharing is a saving, not a need. */
export function shared(names: readonly string[]): readonly string[] {
  const key = names.join('\n');
  const found = layouts.get(key);
  if (found) return found;
  if (layouts.size >= mostLayouts) layouts.clear();
  layouts.set(key, names);
  return names;
}

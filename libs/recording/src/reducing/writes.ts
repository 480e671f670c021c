import { hash } from 'node:crypto';
import type { Write } from '#libs/init-history';
import { clean, isObject } from './canonical.js';

/** Bytes of one remembered entry: four of who writes what, four of when. */
const entryBytes = 8;

/**
 * The managedFields entries that moved since `known`, and what to remember of all of them.
 * A manager that writes twice within a second does not move: the API server keeps whole seconds.
 */
export function writesMoved(
  known: string,
  managedFields: readonly unknown[],
): Readonly<{ moved: readonly Write[]; known: string }> {
  const writes = managedFields.filter(isObject).map(toWrite);
  const entries = writes.map(entryOf);
  const before = new Set(split(known));
  const moved = writes.filter((_, at) => !before.has(entries[at] ?? ''));
  return { moved, known: entries.join('') };
}

/** Lays stored writes over what is remembered: how a restart regains it from the log. */
export function layWrites(known: string, writes: readonly Write[]): string {
  const latest = new Map(split(known).map((entry) => [entry.slice(0, 4), entry]));
  for (const entry of writes.map(entryOf)) latest.set(entry.slice(0, 4), entry);
  return [...latest.values()].join('');
}

/** What of a managedFields entry says who wrote, and when. */
export function toWrite(entry: Readonly<Record<string, unknown>>): Write {
  return {
    manager: text(entry['manager']) ?? '',
    operation: text(entry['operation']) ?? '',
    subresource: text(entry['subresource']) ?? null,
    time: text(entry['time']) ?? null,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? clean(value).slice(0, 256) : undefined;
}

function entryOf(write: Write): string {
  return whoOf(`${write.manager}\n${write.operation}\n${write.subresource ?? ''}`) + whenOf(write.time ?? '');
}

const writers = new Map<string, string>();
const mostWriters = 10_000;

/** Four bytes of who writes what. The same few write everything, so their hashes are remembered. */
function whoOf(writer: string): string {
  const known = writers.get(writer);
  if (known !== undefined) return known;
  if (writers.size >= mostWriters) writers.clear();
  const short = hash('sha256', writer, 'binary').slice(0, 4);
  writers.set(writer, short);
  return short;
}

/** Four bytes of when: the seconds themselves, since the API server keeps whole ones; of anything else a hash. */
function whenOf(time: string): string {
  const seconds = Date.parse(time) / 1_000;
  if (!Number.isInteger(seconds)) return hash('sha256', time, 'binary').slice(0, 4);
  return String.fromCharCode((seconds >>> 24) & 255, (seconds >>> 16) & 255, (seconds >>> 8) & 255, seconds & 255);
}

function split(known: string): string[] {
  return Array.from({ length: known.length / entryBytes }, (_, at) =>
    known.slice(at * entryBytes, (at + 1) * entryBytes),
  );
}

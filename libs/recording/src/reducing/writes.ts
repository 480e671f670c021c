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

function toWrite(entry: Readonly<Record<string, unknown>>): Write {
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
  const who = `${write.manager}\n${write.operation}\n${write.subresource ?? ''}`;
  return short(who) + short(write.time ?? '');
}

function short(content: string): string {
  return hash('sha256', content, 'binary').slice(0, 4);
}

function split(known: string): string[] {
  return Array.from({ length: known.length / entryBytes }, (_, at) =>
    known.slice(at * entryBytes, (at + 1) * entryBytes),
  );
}

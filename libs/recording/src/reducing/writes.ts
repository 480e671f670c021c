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
  const moved: Write[] = [];
  let now = '';
  for (const field of managedFields) {
    if (!isObject(field)) continue;
    const write = toWrite(field);
    const entry = entryOf(write);
    if (!hasEntry(known, entry)) moved.push(write);
    now += entry;
  }
  return { moved, known: now };
}

function hasEntry(known: string, entry: string): boolean {
  for (let at = 0; at < known.length; at += entryBytes) if (known.startsWith(entry, at)) return true;
  return false;
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

const times = new Map<string, string>();
const mostTimes = 1_000;

/** Four bytes of when. What comes at the same time was written at the same few times, so these are remembered. */
function whenOf(time: string): string {
  const known = times.get(time);
  if (known !== undefined) return known;
  if (times.size >= mostTimes) times.clear();
  const short = momentOf(time);
  times.set(time, short);
  return short;
}

/** The seconds themselves, since the API server keeps whole ones; of anything else a hash. */
function momentOf(time: string): string {
  const seconds = Date.parse(time) / 1_000;
  if (!Number.isInteger(seconds)) return hash('sha256', time, 'binary').slice(0, 4);
  return String.fromCharCode((seconds >>> 24) & 255, (seconds >>> 16) & 255, (seconds >>> 8) & 255, seconds & 255);
}

function split(known: string): string[] {
  return Array.from({ length: known.length / entryBytes }, (_, at) =>
    known.slice(at * entryBytes, (at + 1) * entryBytes),
  );
}

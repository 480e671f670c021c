import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { AuditError } from '#libs/platform';

import type { LogRow } from '../ledger/log-rows.js';
import type { Verifier } from '../ledger/signed-note.js';
import type { Tile } from '../merkle/merkle-tree.js';
import { readBlocks, type Block } from './blocks.js';
import { rowOf } from './event-line.js';
import { invalid, parseEnd, parseHeader, type ArchiveEnd, type ArchiveHeader } from './header.js';
import { Proving, type ProvedCheckpoint } from './proving.js';

/** Some events of an archive in order, and the tiles of the log's tree that they complete. */
export type ArchivePage = Readonly<{ rows: readonly LogRow[]; tiles: readonly Tile[] }>;

export type Reading = Readonly<{
  /** Whose signature is trusted. */
  verifiers: readonly Verifier[];
  /** Sizes of the log, from the archive's first event to its last, at which its root is wanted. */
  marks?: readonly number[];
  /** Given each page, before it is known whether the rest holds. */
  take?: (page: ArchivePage) => Promise<void> | void;
}>;

/** An archive that was read to its end, all of which is what its checkpoint was signed over. */
export type ReadArchive = ArchiveEnd &
  Readonly<{
    header: ArchiveHeader;
    roots: ReadonlyMap<number, Buffer>;
    /** Leaf hashes from the last multiple of 256 up to its end, one after the other. */
    edge: Buffer;
    /** The checkpoints that prove it, the smallest first. */
    checkpoints: readonly ProvedCheckpoint[];
  }>;

/** The header of an archive alone; nothing of it is proved. @throws AuditError `archive-invalid` */
export function readArchiveHeader(file: string): Promise<ArchiveHeader> {
  return withFile(file, async (handle) => {
    for await (const block of readBlocks(handle)) return headerOf(block);
    throw invalid('it is empty');
  });
}

/** The events of an archive one after the other, as they are written: nothing of them is proved. @throws AuditError `archive-invalid` */
export async function* readArchivedEvents(file: string): AsyncGenerator<LogRow> {
  const handle = await opened(file);
  try {
    let isWhole = false;
    for await (const { kind, from, text } of readBlocks(handle)) {
      isWhole = kind === 'end';
      if (kind === 'events') yield* eventsOf(text, from).map(({ row }) => row);
    }
    if (!isWhole) throw invalid('it was cut short');
  } finally {
    await handle.close();
  }
}

/**
 * Reads an archive, and proves every event of it. Needs no more memory for more events.
 *
 * @throws AuditError `archive-invalid` for a file that is not as it was written, `archive-unproved` for one that is not what was signed
 */
export function readArchive(file: string, { verifiers, marks, take }: Reading): Promise<ReadArchive> {
  return withFile(file, async (handle) => {
    let proving: Proving | undefined;
    let end: ArchiveEnd | undefined;
    for await (const block of readBlocks(handle)) {
      if (!proving) proving = new Proving(headerOf(block), verifiers, marks);
      else if (block.kind === 'events') await readEvents(block, proving, take);
      else if (block.kind === 'end') end = parseEnd(block.text);
      else throw invalid('it has two headers');
    }
    if (!proving || !end) throw invalid(`it was cut short${proving ? ` after event ${proving.tree.size - 1}` : ''}`);
    const { events, leaves } = proving.end();
    if (end.events !== events || end.leaves !== leaves) throw invalid('its last line is not that of its events');
    const { header, roots, checkpoints, tree } = proving;
    return { events, leaves, header, roots, checkpoints, edge: Buffer.concat(tree.edge(0)) };
  });
}

/** SHA-256, hex, of a file, as the act that drops what it holds names it. */
export async function digestOf(file: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const part of createReadStream(file)) digest.update(part as Buffer);
  return digest.digest('hex');
}

function headerOf({ kind, text }: Block): ArchiveHeader {
  if (kind !== 'head') throw invalid('it does not begin with a header');
  return parseHeader(text);
}

async function readEvents({ from, to, text }: Block, proving: Proving, take: Reading['take']): Promise<void> {
  const count = linesOf(text).length;
  if (from !== proving.tree.size || count !== to - from)
    throw invalid(`where events ${proving.tree.size} and on should be are ${count} from ${from} on`);
  const events = eventsOf(text, from);
  const tiles = proving.add(events.map(({ entry }) => entry));
  await take?.({ rows: events.map(({ row }) => row), tiles });
}

const linesOf = (text: string): readonly string[] => text.split('\n').slice(0, -1);

const eventsOf = (text: string, from: number) => linesOf(text).map((line, nth) => rowOf(line, from + nth));

async function opened(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (cause) {
    throw new AuditError('archive-invalid', `${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

async function withFile<Result>(file: string, work: (handle: FileHandle) => Promise<Result>): Promise<Result> {
  const handle = await opened(file);
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

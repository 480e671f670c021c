import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { AuditError, type Pool } from '#libs/platform';

import { entryOf, logPages, type LogRow } from '../ledger/log-rows.js';
import { Ledger } from '../ledger/ledger.js';
import { parseVerifier } from '../ledger/signed-note.js';
import { tablesOf } from '../log-tables.js';
import { syncFolder } from '../durable-file.js';
import { TILE_WIDTH } from '../merkle/merkle-tree.js';
import { packBlock, type Block } from './blocks.js';
import { evidenceOf, type Span } from './evidence.js';
import { lineOf } from './event-line.js';
import type { ArchiveHeader } from './header.js';
import { Proving } from './proving.js';

/** An archive that was written: its file, SHA-256 of that, hex, and what it holds. */
export type Written = Readonly<{
  file: string;
  digest: string;
  bytes: number;
  events: number;
  /** SHA-256, hex, of the leaf hashes, one after the other. */
  leaves: string;
}>;

/** A block is a tile of events, or less where their bodies are large. */
const MOST_BLOCK_CHARACTERS = 1024 * 1024;
/** What is left of a writer that was killed goes, once no writer of today can still be at it. */
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * Writes a span of a log to a file of `folder`: beside it at first, and under its name once all of it is on the disk, and what it holds was
 * proved by the checkpoint that goes with it. The same rows make the same bytes. Needs no more memory for more events.
 *
 * @throws AuditError `proof-unknown` where no checkpoint covers the span, `archive-unproved` where the rows are not what was signed,
 *   `log-has-hole` where some are missing, `archive-unwritable`
 */
export async function writeArchive(pool: Pool, span: Span, folder: string): Promise<Written> {
  const header = await evidenceOf(pool, span);
  const keys = await new Ledger(pool, span.log).keys(span.shardId);
  const proving = new Proving(header, keys.map(parseVerifier));
  const file = path.join(folder, archiveName(header));
  try {
    await mkdir(folder, { recursive: true });
    await removeAbandoned(file);
    return { file, ...(await writeWhole(file, blocksOf(pool, span, proving))) };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new AuditError('archive-unwritable', `${file} cannot be written: ${(cause as Error).message}.`, {
      cause,
      remedy: 'Make room, or name a folder that can be written to. Nothing was changed.',
    });
  }
}

type Named = Pick<ArchiveHeader, 'log' | 'fromAt'> &
  Readonly<{ shard: Pick<ArchiveHeader['shard'], 'shardId' | 'clusterUid'> }>;

/** `CLUSTER.SHARD.2026w02.archive.zst`; of acts `CLUSTER.SHARD.acts.archive.zst`. */
export function archiveName({ log, shard, fromAt }: Named): string {
  const cluster = encodeURIComponent(shard.clusterUid).replaceAll('.', '%2E');
  return `${cluster}.${shard.shardId}.${log === 'act_event' || fromAt === null ? 'acts' : weekOf(fromAt)}.archive.zst`;
}

/** ISO 8601's week of a Monday, as partitions are named. */
export function weekOf(monday: string): string {
  const thursday = new Date(Date.parse(monday) + 3 * 86_400_000);
  const newYear = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.floor((thursday.getTime() - newYear) / (7 * 86_400_000)) + 1;
  return `${thursday.getUTCFullYear()}w${String(week).padStart(2, '0')}`;
}

type Counted = Block & Readonly<{ done?: Pick<Written, 'events' | 'leaves'> }>;

async function* blocksOf(pool: Pool, { log, shardId, from, to }: Span, proving: Proving): AsyncGenerator<Counted> {
  yield { kind: 'head', from, to, text: `${JSON.stringify(proving.header)}\n` };
  let lines: string[] = [];
  let [first, characters] = [from, 0];
  const block = (next: number): Block => ({ kind: 'events', from: first, to: next, text: lines.join('') });
  for await (const page of logPages(pool, tablesOf(log), shardId, { from, to })) {
    proving.add(page.map(entryOf));
    for (const row of page) {
      const line = lineOf(row);
      lines.push(line);
      characters += line.length;
      if (!isFull(row, characters)) continue;
      yield block(row.position + 1);
      [lines, first, characters] = [[], row.position + 1, 0];
    }
  }
  if (lines.length > 0) yield block(to);
  const end = proving.end();
  yield { kind: 'end', from: to, to, text: `${JSON.stringify(end)}\n`, done: end };
}

const isFull = ({ position }: LogRow, characters: number): boolean =>
  (position + 1) % TILE_WIDTH === 0 || characters >= MOST_BLOCK_CHARACTERS;

async function writeWhole(file: string, blocks: AsyncIterable<Counted>): Promise<Omit<Written, 'file'>> {
  const beside = `${file}.${randomUUID()}.part`;
  const handle = await open(beside, 'wx', 0o600);
  try {
    const written = await writeBlocks(handle, blocks);
    await handle.sync();
    await handle.close();
    await rename(beside, file);
    await syncFolder(path.dirname(file));
    return written;
  } catch (error) {
    await handle.close();
    await rm(beside, { force: true });
    throw error;
  }
}

async function writeBlocks(handle: FileHandle, blocks: AsyncIterable<Counted>): Promise<Omit<Written, 'file'>> {
  const digest = createHash('sha256');
  let bytes = 0;
  let done: Counted['done'];
  for await (const block of blocks) {
    const packed = await packBlock(block);
    digest.update(packed);
    await handle.writeFile(packed);
    bytes += packed.length;
    done = block.done;
  }
  if (!done) throw new Error('an archive without an end');
  return { digest: digest.digest('hex'), bytes, ...done };
}

async function removeAbandoned(file: string): Promise<void> {
  const folder = path.dirname(file);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${path.basename(file)}.`) || !name.endsWith('.part')) continue;
    const beside = path.join(folder, name);
    const { mtimeMs } = await stat(beside).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < Date.now() - ABANDONED_AFTER_MS) await rm(beside, { force: true });
  }
}

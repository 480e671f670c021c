/**
 * How an archive lies in its file: blocks, each a zstd frame behind a label in a skippable frame (RFC 8878, 3.1.2), so that the whole is
 * a zstd file that any tool unpacks, and each block can be found, checked and read alone.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

import { invalid } from './header.js';

export type BlockKind = 'head' | 'events' | 'end';

/** What a block holds: positions `[from, to)` as lines of text. */
export type Block = Readonly<{ kind: BlockKind; from: number; to: number; text: string }>;

const MAGIC = 0x184d2a50;
const FRAME_HEADER_BYTES = 8;
/** A label has some 150. */
const MOST_LABEL_BYTES = 512;
/** Beyond it, a recorded observation gets 4 % smaller for fifteen times the work (`test/bench`, archive). */
const LEVEL = 9;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** The bytes of a block. */
export async function packBlock({ kind, from, to, text }: Block): Promise<Buffer> {
  const plain = Buffer.from(text);
  const packed = await compress(plain, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });
  const words = `initledger-archive ${kind} ${from} ${to} ${plain.length} ${packed.length} ${sha256(packed)}`;
  const label = Buffer.from(`${words} ${checkOf(words)}\n`);
  const frame = Buffer.alloc(FRAME_HEADER_BYTES);
  frame.writeUInt32LE(MAGIC, 0);
  frame.writeUInt32LE(label.length, 4);
  return Buffer.concat([frame, label, packed]);
}

/** The blocks of a file in order. @throws AuditError `archive-invalid` at the first byte that is not as it was written */
export async function* readBlocks(file: FileHandle): AsyncGenerator<Block> {
  const { size } = await file.stat();
  for (let at = 0; at < size;) {
    const label = await readLabel(file, at);
    const bytes = await readAt(file, label.end, label.bytes);
    if (sha256(bytes) !== label.digest)
      throw invalid(`bytes ${label.end} to ${label.end + label.bytes - 1}, ${nameOf(label)}, were changed`);
    at = label.end + label.bytes;
    yield { ...label, text: await unpack(bytes, label) };
    if (label.kind === 'end' && at < size) throw invalid(`${size - at} bytes follow its end`);
  }
}

type Label = Omit<Block, 'text'> & Readonly<{ size: number; bytes: number; digest: string; end: number }>;

const LABEL = /^(initledger-archive (head|events|end) (\d+) (\d+) (\d+) (\d+) ([0-9a-f]{64})) ([0-9a-f]{16})\n$/u;

async function readLabel(file: FileHandle, at: number): Promise<Label> {
  const frame = await readAt(file, at, FRAME_HEADER_BYTES);
  const length = frame.readUInt32LE(4);
  if (frame.readUInt32LE(0) !== MAGIC || length > MOST_LABEL_BYTES) throw invalid(`no block begins at byte ${at}`);
  const text = (await readAt(file, at + FRAME_HEADER_BYTES, length)).toString('latin1');
  const [, words = '', kind = '', from, to, size, bytes, digest = '', check] = LABEL.exec(text) ?? [];
  if (check === undefined || checkOf(words) !== check) throw invalid(`the label at byte ${at} was changed`);
  return {
    kind: kind as BlockKind,
    from: Number(from),
    to: Number(to),
    size: Number(size),
    bytes: Number(bytes),
    digest,
    end: at + FRAME_HEADER_BYTES + length,
  };
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  if (bytesRead < length)
    throw invalid(`it was cut short: it ends at byte ${at + bytesRead}, in the middle of a block`);
  return buffer;
}

async function unpack(bytes: Buffer, label: Label): Promise<string> {
  try {
    const plain = await decompress(bytes, { maxOutputLength: label.size + 1 });
    if (plain.length === label.size) return plain.toString('utf8');
  } catch (cause) {
    throw invalid(`${nameOf(label)} cannot be unpacked`, cause);
  }
  throw invalid(`${nameOf(label)} does not have the length that its label says`);
}

const nameOf = ({ kind, from, to }: Omit<Block, 'text'>): string =>
  kind === 'events' ? `events ${from} to ${to - 1}` : kind === 'head' ? 'the header' : 'the end';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Tells a label that was changed from one whose block was. */
const checkOf = (words: string): string => sha256(Buffer.from(words)).slice(0, 16);

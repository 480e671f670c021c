import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** What was compressed ends in the middle, or is damaged from there on. */
export class CutShort extends Error {}

type Unpack = () => NodeJS.ReadWriteStream & Readable;

const unpackers: readonly Readonly<{ magic: readonly number[]; unpack: Unpack }>[] = [
  { magic: [0x1f, 0x8b], unpack: createGunzip },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: createZstdDecompress },
];

/** The bytes of a file, or of standard input for `-`; unpacked where they begin as gzip or zstd does, whatever the file is called. */
export async function* readBytes(file: string): AsyncGenerator<Buffer> {
  const packed: Readable = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 });
  const chunks = packed[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    const beginning = await firstBytes(chunks, 4);
    const found = unpackers.find(({ magic }) => magic.every((byte, at) => beginning[at] === byte));
    if (found) yield* unpacked(found.unpack, following(beginning, chunks));
    else yield* following(beginning, chunks);
  } finally {
    packed.destroy();
  }
}

async function firstBytes(chunks: AsyncIterator<Buffer>, wanted: number): Promise<Buffer> {
  let beginning = Buffer.alloc(0);
  while (beginning.length < wanted) {
    const { value, done } = await chunks.next();
    if (done) break;
    beginning = Buffer.concat([beginning, value]);
  }
  return beginning;
}

async function* following(beginning: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (beginning.length > 0) yield beginning;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

async function* unpacked(unpack: Unpack, packed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const stream = unpack();
  const source = Readable.from(packed, { objectMode: false });
  source.on('error', (error) => stream.destroy(error));
  source.pipe(stream);
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (!/^(Z_|ZSTD_|ERR_ZSTD|ERR_ZLIB)/.test(code)) throw cause;
    throw new CutShort(cause instanceof Error ? cause.message : String(cause), { cause });
  } finally {
    stream.destroy();
    source.destroy();
  }
}

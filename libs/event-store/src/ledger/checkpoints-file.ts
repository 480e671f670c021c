import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';

import type { Settings } from '#libs/platform';

/** A line of the file: when a checkpoint was published, its signed note, verbatim, and the verifier keys of who signed it. */
export type PublishedCheckpoint = Readonly<{ at: string; note: string; keys: readonly string[] }>;

/** Where checkpoints are published unless told: beside the data folder, so that a restored folder does not bring an older file along. */
export const checkpointsFileOf = ({ checkpointsFile, data }: Pick<Settings, 'checkpointsFile' | 'data'>): string =>
  checkpointsFile ?? `${path.resolve(data)}.checkpoints`;

/** The file that checkpoints are added to, one JSON object a line. */
export class CheckpointsFile {
  constructor(readonly file: string) {}

  /** Adds one, durably. @throws the system's error */
  async add(published: PublishedCheckpoint): Promise<void> {
    await mkdir(path.dirname(this.file), { recursive: true });
    const handle = await open(this.file, 'a', 0o644);
    try {
      await handle.write(`${JSON.stringify(published)}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  /** All of them, in the order in which they were added; a line that a crash cut short is passed over. */
  async *read(): AsyncGenerator<PublishedCheckpoint> {
    const lines = createInterface({ input: createReadStream(this.file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
    try {
      for await (const line of lines) {
        const published = parsed(line);
        if (published) yield published;
      }
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

function parsed(line: string): PublishedCheckpoint | undefined {
  try {
    const { at, note, keys = [] } = JSON.parse(line) as Partial<PublishedCheckpoint>;
    return typeof at === 'string' && typeof note === 'string' ? { at, note, keys } : undefined;
  } catch {
    return undefined;
  }
}

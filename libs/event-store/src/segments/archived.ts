import type { Pool } from '#libs/platform';

import { spanOf } from '../archive/spans.js';
import { writeArchive } from '../archive/write-archive.js';
import type { Segment, Segments } from './segments.js';

/** Where archives are kept of what goes; undefined: nowhere. */
export type Keeping = Readonly<{ pool: Pool; archiveFolder?: string | undefined }>;

/**
 * Writes a segment that is about to go to its archive, and notes which file that is. Written anew each time: it is what the rows are now,
 * and a file that was lost, changed, or holds what was erased since, is replaced.
 *
 * @returns SHA-256, hex, of the file; where none is wanted, of the one that was noted before
 * @throws AuditError what `writeArchive` throws: then nothing may go
 */
export async function archived(segment: Segment, segments: Segments, keeping: Keeping): Promise<string | null> {
  const { pool, archiveFolder } = keeping;
  if (archiveFolder === undefined) return segment.archive;
  const { digest } = await writeArchive(pool, spanOf(segment), archiveFolder);
  await segments.noteArchive(segment, digest);
  return digest;
}

import { actSpans, importArchive, inOrder, weekSpans, writeArchive, type ActWriters } from '#libs/event-store';
import type { Pool, Print } from '#libs/platform';
import { rereadImported } from '#libs/projections';
import type { Asked } from './args.js';
import { toArchiveText, toImportText } from './tell.js';

type Of<Command> = Extract<Asked, { command: Command }>;

/** Writes what is asked for, one file after the other. 1: there is nothing to write. */
export async function exportArchives(asked: Of<'export'>, pool: Pool, print: Print): Promise<0 | 1> {
  const { folder, acts } = asked;
  const spans = [...(await weekSpans(pool, asked)), ...(acts ? await actSpans(pool, asked) : [])];
  for (const span of spans) await print(toArchiveText(await writeArchive(pool, span, folder)));
  if (spans.length === 0) await print('Nothing is sealed yet: a week is, once every shard has passed it.\n');
  return spans.length === 0 ? 1 : 0;
}

/** Takes archives in, one after the other; the first that cannot be ends it, and those before it stay. */
export async function importArchives(
  { files, keys, actsFile, clusterName, reason, author }: Of<'import'>,
  { pool, acts }: Readonly<{ pool: Pool; acts: ActWriters }>,
  print: Print,
): Promise<0> {
  const importing = { pool, acts, keys, actsFile, clusterName, ground: { reason, author }, older: rereadImported };
  for (const file of await inOrder(pool, files)) await print(toImportText(file, await importArchive(file, importing)));
  return 0;
}

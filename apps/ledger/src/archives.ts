import { actSpans, weekSpans, writeArchive } from '#libs/event-store';
import type { Pool, Print } from '#libs/platform';
import type { Asked } from './args.js';
import { toArchiveText } from './tell.js';

type Of<Command> = Extract<Asked, { command: Command }>;

/** Writes what is asked for, one file after the other. 1: there is nothing to write. */
export async function exportArchives(asked: Of<'export'>, pool: Pool, print: Print): Promise<0 | 1> {
  const { folder, acts } = asked;
  const spans = [...(await weekSpans(pool, asked)), ...(acts ? await actSpans(pool, asked) : [])];
  for (const span of spans) await print(toArchiveText(await writeArchive(pool, span, folder)));
  if (spans.length === 0) await print('Nothing is sealed yet: a week is, once every shard has passed it.\n');
  return spans.length === 0 ? 1 : 0;
}

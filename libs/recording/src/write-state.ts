import type { Cluster } from '#libs/kubernetes';
import type { Appender } from './appender.js';
import type { Source } from './reducing/index.js';
import { choiceOf, pageSize } from './watch-choice.js';
import type { Watched } from './watched.js';
import type { RecordingWriter } from './write-recording.js';

type Needs = Readonly<{
  cluster: Pick<Cluster, 'list'>;
  watched: Watched;
  appender: Appender;
  recording?: RecordingWriter | undefined;
}>;

/**
 * Writes into the recording what there is. Of a watch that goes on from a stored position a new file would not hold what there was
 * before, and an old one perhaps not everything.
 *
 * @param source with until when everything was seen
 */
export async function writeState(
  needs: Needs,
  { seenUntil, ...source }: Source & Readonly<{ seenUntil: string | undefined }>,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, watched, appender, recording } = needs;
  recording?.closed(watched, seenUntil ?? source.receivedAt);
  for await (const page of cluster.list(watched.resource, { ...choiceOf(needs), signal, limit: pageSize })) {
    // Owners that were recorded before are in no line yet.
    const owners = await watched.again?.(page.items, source);
    await appender.add(owners?.() ?? []);
    recording?.page(watched, source.receivedAt, page);
  }
}

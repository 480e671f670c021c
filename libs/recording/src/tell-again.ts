import { choiceOf, pageSize } from './watch-choice.js';
import type { WatchLoopNeeds } from './watch-needs.js';
import { isOld } from './positions.js';
import { subjectStream } from './reducing/index.js';
import type { Source } from './reducing/index.js';

/** Of whom bodies were erased, by the resource that they are, as `pods`. */
export type ErasedStreams = ReadonlyMap<string, readonly string[]>;

/** Where the watch of a resource stands. */
type At = Readonly<{ position: string | undefined; source: Source }>;

/**
 * Tells in full what lives of `streams`, which are of this watch's resource, as a list shows it, while the watch goes on. Nothing is known of them from now on, so a frame that
 * comes first tells them as well; and what is newer in the list than the watch has come is told by the frame that is on its way. So nothing
 * is told out of order.
 *
 * @param at asked in the turn in which something is told
 */
export async function tellAgain(
  needs: WatchLoopNeeds,
  at: () => At,
  { streams, signal }: Readonly<{ streams: readonly string[]; signal: AbortSignal }>,
): Promise<void> {
  const { cluster, watched, appender, listener } = needs;
  const { known } = watched;
  // Of one of which everything was erased a restart knows nothing, not even that it lives.
  const doubtful = streams.filter((stream) => !known.has(stream));
  for (const stream of streams) {
    watched.forgotten?.(stream);
    known.empty(stream);
  }
  const wanted = new Set(streams);
  try {
    for await (const { items } of cluster.list(watched.resource, { ...choiceOf(needs), signal, limit: pageSize })) {
      const { position, source } = at();
      const drafts = items
        .filter(({ metadata: { uid, resourceVersion } }) => {
          const stream = subjectStream(uid);
          return wanted.has(stream) && known.isEmpty(stream) && isOld(resourceVersion, position);
        })
        .flatMap((object) => watched.observed(object, source, null));
      listener?.observed?.(drafts);
      await appender.add(drafts);
    }
  } finally {
    for (const stream of doubtful) if (known.isEmpty(stream)) known.delete(stream);
  }
}

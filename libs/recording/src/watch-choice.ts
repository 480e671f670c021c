import type { ListChoice, WatchChoice } from '#libs/kubernetes';
import type { Watched } from './watched.js';
import type { RecordingWriter } from './write-recording.js';

/** Objects a page of a list: what a page takes is gone before the next one, and a large page is in memory at once. */
export const pageSize = 200;

/** How a resource is listed and watched. */
export function choiceOf({
  watched,
  recording,
}: Readonly<{ watched: Watched; recording?: RecordingWriter | undefined }>): ListChoice & WatchChoice {
  const { namespace, slice, fieldSelector, metadataOnly = false, silentAfterMs, isReadSpec } = watched;
  return {
    ...(recording?.isVerbatim && { withText: true }),
    namespace: namespace ?? undefined,
    slice,
    fieldSelector,
    metadataOnly,
    isReadSpec,
    ...(silentAfterMs !== undefined && { silentAfterMs }),
  };
}

/** What the table `context` keeps of a complete list. Pure. */
import type { Via, WatchOpened } from '#libs/init-history';

export type WatchDoc = Readonly<
  Pick<WatchOpened, 'resource' | 'namespace' | 'count' | 'watchEpoch' | 'serverVersion' | 'resourceVersion'> & {
    serverMinor: number | null;
  }
>;

export function toWatchDoc(observation: WatchOpened): WatchDoc {
  const { resource, namespace, count, watchEpoch, serverVersion, resourceVersion } = observation;
  const minor = /^v?\d+\.(\d+)/.exec(serverVersion ?? '')?.[1];
  const serverMinor = minor === undefined ? null : Number(minor);
  return { resource, namespace, count, watchEpoch, serverVersion, resourceVersion, serverMinor };
}

/** The list as an input of the pods that it concerns: made of what is kept, so that every fold meets the same. */
export function toWatchOpened(doc: WatchDoc, via: Via, receivedAt: string): WatchOpened {
  const { serverMinor: _minor, ...said } = doc;
  return { type: 'WatchOpened', reducer: 0, via, receivedAt, writes: [], ...said };
}

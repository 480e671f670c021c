import { isKubernetesError } from '#libs/kubernetes';
import type { GapCause } from '#libs/init-history';
import { isBack } from './positions.js';
import { historyForked, observationGap } from './reducing/index.js';
import type { Draft } from './reducing/index.js';
import type { WatchListener } from './watch-status.js';
import { watchName } from './watched.js';
import type { Watched } from './watched.js';

/** The shard that a watch is recorded in. */
export type ShardOfWatch = Readonly<{
  id: number;
  /** Rises when resourceVersions went back. */
  epoch(): number;
  /** Raises the epoch above the one in which a position was taken; false where another watch has done so. */
  raiseEpochAbove(epoch: number): Promise<boolean>;
}>;

/** What was lost: since when, from which position, and why. */
export type Lost = Readonly<{
  cause: GapCause;
  from: string;
  resourceVersion: string | null;
  /** The past was seen by other shards: the list that ends this is the first one of its own. */
  isHandedOver?: true;
}>;

/** The right to look is missing, or the word of who looks. */
export const isRefusal = (error: Error | undefined): boolean =>
  isKubernetesError(error, 'forbidden', 'unauthorized', 'credentials');

/** What is there of the past when a watch begins (`WatchLoopNeeds`). */
type BeforeWatch = Readonly<{
  stored?: unknown;
  watched: Pick<Watched, 'known'>;
  knownUntil?: string | undefined;
  handedOverAt?: string | undefined;
}>;

/** What was lost before a watch begins that has no position to go on from. */
export function lostBefore({ stored, watched, knownUntil, handedOverAt }: BeforeWatch): Lost | undefined {
  if (stored) return undefined;
  // Another scope was watched, or a first list was never complete.
  if (knownUntil !== undefined && watched.known.size > 0)
    return { cause: 'stopped', from: knownUntil, resourceVersion: null };
  return handedOverAt === undefined
    ? undefined
    : { cause: 'stopped', from: handedOverAt, resourceVersion: null, isHandedOver: true };
}

/** Why a position is lost, by what came before: since everything was seen last, or since the recorder began. */
export function causeOfLoss(
  before: Readonly<{ resumed: boolean; behind: boolean; refused: boolean; failures: number }>,
): GapCause {
  if (before.resumed) return 'stopped';
  if (before.behind) return 'overloaded';
  if (before.refused) return 'forbidden';
  return before.failures > 0 ? 'dropped' : 'expired';
}

type Needs = Readonly<{
  watched: Watched;
  shard: ShardOfWatch;
  listener?: WatchListener;
  onFork?: () => void;
}>;

/** A loss, the resourceVersion of the list that ends it, when that came, and the watch epoch of the position that was lost. */
type Loss = Readonly<{ lost: Lost; listed: string | null; epoch: number; at: string }>;

/**
 * The gap of a loss. Where the list's resourceVersion lies before the lost position, the server's history is another one: then that
 * too, once for the whole server, by whichever watch finds it first.
 */
export async function tellLoss(needs: Needs, { lost, listed, epoch, at: to }: Loss): Promise<readonly Draft[]> {
  const { watched, shard, listener } = needs;
  const isFork = lost.resourceVersion !== null && listed !== null && isBack(listed, lost.resourceVersion);
  const isFirst = isFork && (await shard.raiseEpochAbove(epoch));
  if (isFirst) needs.onFork?.();

  const cause = isFork ? 'forked' : lost.cause;
  const source = { shardId: shard.id, watchEpoch: shard.epoch(), via: 'relist' as const, receivedAt: to };
  const of = { resource: watched.resource.name, namespace: watched.namespace };
  listener?.gap?.(watchName(watched), cause, (Date.parse(to) - Date.parse(lost.from)) / 1000);
  const gap = observationGap(source, {
    ...of,
    from: lost.from,
    to,
    fromResourceVersion: lost.resourceVersion,
    toResourceVersion: listed,
    cause,
  });
  if (!isFirst) return [gap];
  const said = { ...of, before: lost.resourceVersion ?? '', after: listed ?? '', watchEpoch: shard.epoch() };
  return [historyForked(source, said), gap];
}

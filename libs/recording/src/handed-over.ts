/** What the shards before this one have seen: from there on to the first list of this one, changes may have gone unseen. */
import { Shards, readWatchPositions, type Shard } from '#libs/event-store';
import type { Pool } from '#libs/platform';

/** Until when a resource was watched for all that is in this shard now, by the name of the resource. RFC 3339. */
export type HandedOver = ReadonlyMap<string, string>;

/** Of a shard that another number of slices began; empty of one that names no predecessors, and of what nobody watched before. */
export async function readHandedOver(pool: Pool, shardId: number): Promise<HandedOver> {
  const shards = new Map((await new Shards(pool).list()).map((shard) => [shard.shardId, shard]));
  return handedOverTo(shardId, { pool, shards });
}

type From = Readonly<{ pool: Pool; shards: ReadonlyMap<number, Shard> }>;

/** What a predecessor has not seen itself was seen by those before it. */
async function handedOverTo(shardId: number, from: From): Promise<HandedOver> {
  const earliest = new Map<string, string>();
  for (const before of predecessorsOf(from.shards, shardId)) {
    const seen = new Map([...(await handedOverTo(before.shardId, from)), ...(await seenBy(from.pool, before.shardId))]);
    for (const [resource, seenUntil] of seen) keepEarliest(earliest, resource, seenUntil);
  }
  return earliest;
}

/** Whatever the namespaces: a shard that watched some of them watched each of them at least until the earliest. */
async function seenBy(pool: Pool, shardId: number): Promise<HandedOver> {
  const earliest = new Map<string, string>();
  for (const { watch, movedAt } of await readWatchPositions(pool, shardId))
    keepEarliest(earliest, watch.split('/', 1)[0] ?? watch, movedAt);
  return earliest;
}

/** Where a slice of the generation before was never recorded, what is in it was seen last by those before that. */
function predecessorsOf(shards: ReadonlyMap<number, Shard>, shardId: number): readonly Shard[] {
  const before = (shards.get(shardId)?.predecessors ?? []).flatMap((id) => shards.get(id) ?? []);
  const [first] = before;
  const isWhole = before.length >= (first?.slice?.of ?? 1);
  return first && !isWhole ? [...before, ...predecessorsOf(shards, first.shardId)] : before;
}

function keepEarliest(times: Map<string, string>, resource: string, time: string): void {
  const known = times.get(resource);
  if (known === undefined || Date.parse(time) < Date.parse(known)) times.set(resource, time);
}

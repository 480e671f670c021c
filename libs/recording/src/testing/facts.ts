import { Shards } from '#libs/event-store';
import type { Pool } from '#libs/platform';
import { toldBy } from './recorders.js';
import type { Told } from './recorders.js';

/** What was recorded of each subject, in order, without what differs between two recorders of the same. */
function facts(told: readonly Told[]): Record<string, unknown[]> {
  const byStream: Record<string, unknown[]> = {};
  for (const { type, streamId, body } of told) {
    if (['WatchOpened', 'NodeObserved'].includes(type)) continue;
    const { resourceVersion, parts, event, how, via, writes } = body;
    const subject = `${streamId} ${type === 'KubeEventObserved' ? 'events' : ''}`;
    (byStream[subject] ??= []).push({ type, resourceVersion, parts, event, how, via, writes });
  }
  return byStream;
}

/** The same of all shards of a source. */
export async function factsOf(pool: Pool, source: string): Promise<Record<string, unknown[]>> {
  const shards = (await new Shards(pool).list()).filter((each) => each.source === source);
  return facts((await Promise.all(shards.map(({ shardId }) => toldBy(pool, shardId)))).flat());
}

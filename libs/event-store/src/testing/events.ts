import { randomUUID } from 'node:crypto';

import type { Pool } from '#libs/platform';

import type { NewEvent } from '../event.js';
import { Shards, type ShardDescription } from '../shards.js';
import type { ProposedDivision } from '../slice-division.js';

/** An event about nothing in particular. */
export function someEvent(event: Partial<NewEvent> = {}): NewEvent {
  return {
    streamId: randomUUID(),
    eventId: randomUUID(),
    type: 'PodObserved',
    schemaVersion: 1,
    body: '{"parts":{}}',
    ...event,
  };
}

/** As many of them as are asked for. */
export function someEvents(count: number, event: Partial<NewEvent> = {}): NewEvent[] {
  return Array.from({ length: count }, () => someEvent(event));
}

/** Registers a cluster of the test's own. */
export function someShard(
  pool: Pool,
  description: Partial<ShardDescription> = {},
  division?: ProposedDivision,
): Promise<number> {
  const clusterUid = description.clusterUid ?? randomUUID();
  const shard: ShardDescription = {
    origin: `kubernetes ${clusterUid}`,
    clusterUid,
    clusterName: 'test',
    source: 'kubernetes',
    identity: 'namespaceUid',
    server: null,
    serverVersion: null,
    unknowns: [],
    ...description,
  };
  return new Shards(pool).register(shard, division);
}

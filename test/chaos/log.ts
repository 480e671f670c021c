/** What was recorded, read from the rows. */
import { EventReader, type LogName, type Recorded } from '#libs/event-store';
import type { Pool } from '#libs/platform';
import type { WatchedResource } from './account.js';

/** An observation, as far as it is compared. */
export type Observed = Readonly<{
  position: number;
  eventId: string;
  streamId: string;
  type: string;
  recordedAt: string;
  text: string;
  body: Readonly<Record<string, unknown>>;
}>;

/** A span of resourceVersions in which changes may have gone unseen: those above `from`, up to `to`. */
export type Gap = Readonly<{
  resource: WatchedResource;
  from: number;
  to: number;
  fromAt: number;
  toAt: number;
  cause: string;
  position: number;
}>;

const pageSize = 2_000;

/** All events of a shard's log, in their order. */
export async function* eventsOf(pool: Pool, shardId: number, log: LogName = 'event'): AsyncGenerator<Recorded> {
  const reader = new EventReader(pool, log);
  for (let position = -1; ;) {
    const page = await reader.readAfter(shardId, position, pageSize);
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    position = last.position;
  }
}

export async function observationsOf(pool: Pool, shardId: number): Promise<readonly Observed[]> {
  const all: Observed[] = [];
  for await (const { position, eventId, streamId, type, recordedAt, body } of eventsOf(pool, shardId)) {
    if (body === null) throw new Error(`the body at ${position} is gone`);
    const read = JSON.parse(body) as Observed['body'];
    all.push({ position, eventId, streamId, type, recordedAt, text: body, body: read });
  }
  return all;
}

export function gapsIn(observations: readonly Observed[]): readonly Gap[] {
  return observations
    .filter(({ type }) => type === 'ObservationGap')
    .map(({ position, body }) => ({
      resource: body['resource'] as WatchedResource,
      from: Number(body['fromResourceVersion'] ?? 0),
      to: Number(body['toResourceVersion'] ?? 0),
      fromAt: Date.parse(String(body['from'])),
      toAt: Date.parse(String(body['to'])),
      cause: String(body['cause']),
      position,
    }));
}

/** At which resourceVersion a resource was first known whole. */
export function firstListOf(observations: readonly Observed[], resource: WatchedResource): number {
  const first = observations.find(
    ({ type, body }) => type === 'WatchOpened' && body['resource'] === resource && body['via'] === 'initialList',
  );
  return first ? Number(first.body['resourceVersion']) : Number.POSITIVE_INFINITY;
}

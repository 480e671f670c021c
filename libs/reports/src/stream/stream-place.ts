/** Up to which happening of each shard a listener has been told: position and ordinal. */
export type StreamPlace = Readonly<{
  rules: string;
  shards: ReadonlyMap<number, readonly [position: number, ordinal: number]>;
}>;

const shape = /^([^/\s]*)\/((?:\d+:-?\d+\.-?\d+)(?:,\d+:-?\d+\.-?\d+)*)?$/;

/** The id of an event of the stream: rules, then shard:position.ordinal of every shard. */
export const streamId = ({ rules, shards }: StreamPlace): string =>
  `${rules}/${[...shards]
    .toSorted(([a], [b]) => a - b)
    .map(([shard, [position, ordinal]]) => `${shard}:${position}.${ordinal}`)
    .join(',')}`;

/** What an id says, or undefined where it is none of ours. */
export function streamPlaceOf(id: string): StreamPlace | undefined {
  const match = shape.exec(id);
  if (!match) return undefined;
  const shards = new Map<number, readonly [number, number]>();
  for (const part of match[2]?.split(',') ?? []) {
    const [shard = 0, position = 0, ordinal = 0] = part.split(/[:.]/).map(Number);
    shards.set(shard, [position, ordinal]);
  }
  return { rules: match[1] ?? '', shards };
}

/** One event as text/event-stream wants it. */
export function toEvent(event: string, id: string, data: unknown): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

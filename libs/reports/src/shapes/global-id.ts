/** Kinds of things that have a global id. */
export type GlobalKind = 'Pod' | 'Workload' | 'Cluster';

/** An id that names one thing of one kind in all shards, opaque to callers (Relay's object identification). */
export const globalId = (kind: GlobalKind, shardId: number, ...name: readonly string[]): string =>
  Buffer.from(JSON.stringify([kind, shardId, ...name])).toString('base64url');

/** What a global id names, or undefined where it is none of ours. */
export function fromGlobalId(
  id: string,
): Readonly<{ kind: string; shardId: number; name: readonly string[] }> | undefined {
  try {
    const read: unknown = JSON.parse(Buffer.from(id, 'base64url').toString('utf8'));
    if (!Array.isArray(read)) return undefined;
    const [kind, shardId, ...name] = read as readonly unknown[];
    const isOurs =
      typeof kind === 'string' && typeof shardId === 'number' && name.every((part) => typeof part === 'string');
    return isOurs ? { kind, shardId, name } : undefined;
  } catch {
    return undefined;
  }
}

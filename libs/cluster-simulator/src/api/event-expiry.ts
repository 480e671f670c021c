import type { ObjectStore } from './object-store.js';
import { keyOf } from './where.js';
import type { Cancel } from './clock.js';

const sweepEveryMs = 60_000;

/** Lets Events go an hour, or so many milliseconds, after their last write; their watchers see DELETED. The answer ends it. */
export function expireEvents(store: ObjectStore, ttlMs: number): () => void {
  const written = new Map<string, { at: number; namespace: string; name: string }>();
  const stop = store.watch('events', ({ key, type, at, object }) => {
    written.delete(key);
    const { namespace = '', name } = object.metadata;
    if (type !== 'DELETED') written.set(key, { at, namespace, name });
  });
  let cancel: Cancel;
  const sweep = () => {
    for (const { at, namespace, name } of written.values()) {
      if (store.clock.now() - at < ttlMs) break;
      if (store.find('events', { namespace, name })) store.delete('events', { namespace, name });
      else written.delete(keyOf({ namespace, name }));
    }
    cancel = store.clock.after(sweepEveryMs, sweep);
  };
  cancel = store.clock.after(sweepEveryMs, sweep);
  return () => {
    stop();
    cancel();
  };
}

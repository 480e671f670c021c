/** Events about volumes and claims of devices (semantics 4.2). */
import { missingIn } from './missing.js';
import type { ParsedEvent } from './parsed-event.js';

export function attached(message: string): ParsedEvent | null {
  const volume = /^AttachVolume\.Attach succeeded for volume "([^"]*)"/.exec(message)?.[1];
  return volume === undefined ? null : { kind: 'attached', volume };
}

/** `Multi-Attach error` names the pods that hold the volume, where they are of the same namespace. */
export function attachFailed(message: string): ParsedEvent | null {
  const [, words, volume] = /^(AttachVolume\.\w+ failed|Multi-Attach error) for volume "([^"]*)"/.exec(message) ?? [];
  if (volume === undefined) return null;
  const pods = /is already used by pod\(s\) ([^.]+?)\s*$/.exec(message)?.[1] ?? '';
  const usedBy = pods.split(/,\s*/).filter((name) => name !== '');
  return { kind: 'attachFailed', volume, multiAttach: words === 'Multi-Attach error', usedBy };
}

export function mounted(message: string): ParsedEvent | null {
  const volume = /^\w+\.\w+ succeeded for volume "([^"]*)"/.exec(message)?.[1];
  return volume === undefined ? null : { kind: 'mounted', volume };
}

/** Names between brackets, as Go prints a list: `[data keys]`. */
const between = (message: string, words: string): readonly string[] =>
  new RegExp(`${words}=\\[([^\\]]*)\\]`)
    .exec(message)?.[1]
    ?.split(/[,\s]+/)
    .filter((name) => name !== '') ?? [];

/** Of one volume; or, up to 1.27 also on a time-out, the summary of all that are awaited. */
export function mountFailed(message: string): ParsedEvent | null {
  const [, operation, volume] = /^(\w+\.\w+)(?: \w+)? failed for volume "([^"]*)"/.exec(message) ?? [];
  if (operation !== undefined && volume !== undefined) {
    return { kind: 'mountFailed', volume, operation, missing: missingIn(message) };
  }
  if (!message.startsWith('Unable to attach or mount volumes:')) return null;
  return {
    kind: 'volumesAwaited',
    unmounted: between(message, 'unmounted volumes'),
    unattached: between(message, 'unattached volumes'),
    failed: between(message, 'failed to process volumes'),
    missing: missingIn(message),
  };
}

export const claimPrepareFailed = (): ParsedEvent => ({ kind: 'claimFailed', stage: 'prepare' });
export const claimCreateFailed = (): ParsedEvent => ({ kind: 'claimFailed', stage: 'create' });

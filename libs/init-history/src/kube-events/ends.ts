/** Events about a pod's end, or of what keeps it from ending (semantics 2.9, 4.2). */
import type { ParsedEvent } from './parsed-event.js';

/** The resource that the node ran low on; null where a limit of the pod itself was passed. */
export const evicted = (message: string): ParsedEvent => ({
  kind: 'evicted',
  resource: /^The node was low on resource: ([\w.-]*[\w-])/.exec(message)?.[1] ?? null,
});

export const preemptedForCritical = (): ParsedEvent => ({ kind: 'preemptedForCritical' });
export const deadlineExceeded = (): ParsedEvent => ({ kind: 'deadlineExceeded' });
export const rejected = (): ParsedEvent => ({ kind: 'rejected' });
export const nodeNotReady = (): ParsedEvent => ({ kind: 'nodeNotReady' });
export const killFailed = (): ParsedEvent => ({ kind: 'killFailed' });
export const graceExceeded = (): ParsedEvent => ({ kind: 'graceExceeded' });
export const syncFailed = (): ParsedEvent => ({ kind: 'syncFailed' });

/** `Marking for deletion Pod …`, or the same taken back. */
export function taintEviction(message: string): ParsedEvent | null {
  const words = /^(Marking for|Cancelling) deletion/.exec(message)?.[1];
  return words === undefined ? null : { kind: 'taintEviction', cancelled: words === 'Cancelling' };
}

export function nodeEviction(message: string): ParsedEvent | null {
  const node = /^Marking for deletion Pod \S+ from Node (\S+)$/.exec(message)?.[1];
  return node === undefined ? null : { kind: 'nodeEviction', node };
}

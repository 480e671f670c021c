/** Events about a pod's sandbox: its failures show in no container's status (semantics 3.1, 4.2). */
import type { ParsedEvent } from './parsed-event.js';

type FailedBy = Extract<ParsedEvent, { kind: 'sandboxFailed' }>['by'];

/** The runtime's words, the most telling first. CNI plugins are named by containerd and CRI-O alike. */
const told: readonly (readonly [RegExp, FailedBy])[] = [
  [
    /\bCNI\b|\bcni\b|NetworkPlugin|network for (?:the )?(?:pod )?sandbox|set up pod .*network|plugin type="|IPAM|ipam/,
    'network',
  ],
  [/no runtime for "|RuntimeHandler|runtime handler|RuntimeClass/, 'runtimeClass'],
  [/sandbox image|pause/, 'image'],
  [/DeadlineExceeded|context deadline exceeded/, 'timeout'],
];

export const sandboxFailed = (message: string): ParsedEvent => ({
  kind: 'sandboxFailed',
  by: told.find(([pattern]) => pattern.test(message))?.[1] ?? 'runtime',
});

export const networkNotReady = (): ParsedEvent => ({ kind: 'networkNotReady' });
export const sandboxUnreadable = (): ParsedEvent => ({ kind: 'sandboxUnreadable' });
/** Told also while the first sandbox keeps failing: alone it proves no other cycle. */
export const sandboxChanged = (): ParsedEvent => ({ kind: 'sandboxChanged' });
export const cgroupFailed = (): ParsedEvent => ({ kind: 'cgroupFailed' });

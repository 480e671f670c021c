/** Events of the scheduler (semantics 4.2). */
import { missingIn } from './missing.js';
import type { NodesRefused, ParsedEvent } from './parsed-event.js';

export function scheduled(message: string): ParsedEvent | null {
  const node = /^Successfully assigned \S+ to (\S+)$/.exec(message)?.[1];
  return node === undefined ? null : { kind: 'scheduled', node };
}

/** Each reason begins with its number of nodes; reasons hold commas and periods of their own. */
function refusals(summary: string): readonly NodesRefused[] {
  return summary
    .split(/(?:, |\. )(?=\d+ [^\d])/)
    .map((one) => /^(\d+) (.+?)\.?$/s.exec(one.trim()))
    .filter((match) => match !== null)
    .map((match) => ({ nodes: Number(match[1]), why: match[2] ?? '' }));
}

const nothingRefused = { available: null, total: null, refused: [] } as const;

/** `0/5 nodes are available: 1 Insufficient cpu, 4 node(s) had … . preemption: …`, or what kept it from looking at nodes. */
export function unschedulable(message: string): ParsedEvent {
  const cut = /[.,]? preemption: /.exec(message);
  const summary = cut ? message.slice(0, cut.index) : message;
  const common = {
    kind: 'unschedulable',
    missing: missingIn(message),
    preemption: cut ? message.slice(cut.index + cut[0].length) : null,
  } as const;
  const match = /^(\d+)\/(\d+) nodes are available: (.*)$/s.exec(summary);
  if (!match) return { ...common, ...nothingRefused };
  // What a plugin adds at the end is no node's reason: "no new claims to deallocate".
  const reasons = (match[3] ?? '').replace(/\.? (?:no new claims to deallocate|still not schedulable).*$/s, '');
  return { ...common, available: Number(match[1]), total: Number(match[2]), refused: refusals(reasons) };
}

/** `Preempted by pod UID on node NODE`; up to 1.28 `Preempted by a pod on node NODE`. */
export function preempted(message: string): ParsedEvent | null {
  const [, who, node] = /^Preempted by (.+) on node (\S+)$/.exec(message) ?? [];
  if (node === undefined) return null;
  const uid = /^\w+ ([0-9a-f-]{36})$/.exec(who ?? '')?.[1];
  return { kind: 'preempted', by: uid ?? null, node };
}

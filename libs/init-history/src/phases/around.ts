/** What lies before a cycle, and after it. */
import type { PhaseSlice } from '../account.js';
import type { CycleHistory, PodHistory } from '../history.js';
import { staticPodUid, text, viewOf } from '../snapshot.js';
import type { PhaseOfTime } from '../taxonomy.js';
import { wholeSeconds } from '../time.js';
import { by, durationBetween, durationUntil, stamped, textOf, type Edge } from './edge.js';
import type { Whole } from './whole.js';

function closed(phase: PhaseOfTime, container: string | null, from: Edge, to: Edge): PhaseSlice {
  const end = to.at < from.at ? { ...to, at: from.at } : to;
  const duration = durationBetween(from, to);
  return { phase, container, attempt: null, from: textOf(from), to: textOf(end), duration };
}

const open = (phase: PhaseOfTime, container: string | null, from: Edge, at: number): PhaseSlice => ({
  phase,
  container,
  attempt: null,
  from: textOf(from),
  to: null,
  duration: durationUntil(from, at),
});

/** The first look without the gates is all that tells when the last one went: by then, and after the creation. */
const ungated = ({ ungatedAt }: PodHistory, created: string | null): Edge | null =>
  ungatedAt === null ? null : by(ungatedAt, created, wholeSeconds(ungatedAt) ? 'apiserver' : 'watcher');

/**
 * Held back by gates, looking for a node (the API server's clock), then bound and not yet taken up by the node's kubelet.
 * A static pod is none of these: its node had it before the API server did (semantics 2.8).
 */
export function beforeNode(history: PodHistory, whole: Whole | null): readonly PhaseSlice[] {
  const view = viewOf(history.parts);
  const creation = text(view.metadata.creationTimestamp);
  const created = stamped(creation, 'apiserver');
  const scheduled = stamped(history.scheduledAt, 'apiserver');
  if (!created || !scheduled || staticPodUid(view) !== null) return [];
  const free = ungated(history, creation);
  return [
    ...(free ? [closed('gated', null, created, free)] : []),
    closed('scheduling', null, free ?? (history.gatesKnown ? created : { ...created, hi: scheduled.hi }), scheduled),
    ...(whole && whole.from.at > scheduled.at ? [closed('acceptance', null, scheduled, whole.from)] : []),
  ];
}

/** The app container's image is pulled, and it is created and started. */
export function afterInit(history: PodHistory, cycle: CycleHistory, whole: Whole, at: number): readonly PhaseSlice[] {
  if (cycle.outcome !== 'completed') return [];
  const name = cycle.app?.container ?? viewOf(history.parts).containers[0]?.name ?? null;
  const began = stamped(cycle.app?.startedAt, 'node');
  if (began) return [closed('appPull', name, whole.to, began)];
  const newest = history.cycles.at(-1)?.number === cycle.number;
  if (cycle.app !== null || !newest || history.gone !== null) return [];
  return [open('appPull', name, whole.to, at)];
}

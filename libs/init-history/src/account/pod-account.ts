/** What is told of one pod: `contract.md`'s Pod, from its history. */
import type { Duration, Gap, PodAccount } from '../account.js';
import type { Context } from '../context.js';
import { missedIn, newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { text, viewOf } from '../snapshot.js';
import { statusColumn } from '../status-column.js';
import { before } from '../time.js';
import { revisionOf, workloadOf } from '../workload.js';
import { cycleOf, durationOf } from './cycles.js';
import { betweenBounds, durationBetween, durationUntil, stamped, unknownDuration } from '../phases/edge.js';
import { beginningOf, wholeOf } from '../phases/whole.js';
import { findingsOf } from './findings.js';
import { toGap } from '../gaps.js';
import { standingOf } from './standing.js';
import { unseenAccount } from './unseen-pod.js';
import { withGaps } from './with-gaps.js';

/** Attempts beyond the first of each init container, missed ones counted: kubectl's cell drops them (contract). */
const initRestarts = (history: PodHistory): number =>
  Object.values(history.containers).reduce(
    (sum, container) => sum + Math.max(0, container.attempts.length + missedIn(container) - 1),
    0,
  );

/** From a stamp of the API server to the end of initialization, which the node stamped: subject to their skew. */
function since(time: string | null, cycle: CycleHistory | null, history: PodHistory, at: number): Duration {
  const start = stamped(time, 'apiserver');
  if (!start) return unknownDuration;
  const early = history.endedEarly && stamped(history.endedEarly.at, 'apiserver');
  if (history.endedEarly) return early ? durationBetween(start, early) : unknownDuration;
  if (!cycle && history.gone) return unknownDuration;
  if (!cycle || cycle.outcome === 'running') return durationUntil(start, at);
  const whole = wholeOf(history, cycle, at);
  if (!whole) return unknownDuration;
  return (cycle.outcome === 'unknown' ? betweenBounds : durationBetween)(start, whole.to);
}

/** From the node's acceptance, or the trigger, to the first start of an app container. */
function toAppStarted(cycle: CycleHistory | null, history: PodHistory, at: number): Duration {
  const from = cycle && beginningOf(history, cycle);
  if (!from) return unknownDuration;
  const began = stamped(cycle.app?.startedAt, 'node');
  if (began) return durationBetween(from, began);
  const open = (cycle.outcome === 'running' || cycle.outcome === 'completed') && history.gone === null;
  return open && cycle.app === null ? durationUntil(from, at) : unknownDuration;
}

/** Gaps in which this pod may have changed unseen: from its creation to its end. */
function gapsOf(history: PodHistory, context: Context): readonly Gap[] {
  const created = text(viewOf(history.parts).metadata.creationTimestamp);
  return context.gaps
    .filter((gap) => !before(gap.to, created) && !before(history.gone?.at ?? null, gap.from))
    .map(toGap);
}

/** When it went: of a missing pod the latest time it can have been. */
const deletedAt = (history: PodHistory): string | null =>
  history.gone ? (history.gone.at ?? history.gone.between?.foundMissing ?? null) : null;

/** The newest cycle says where a pod stands; a later one's time is not counted from its creation. */
function sinceTheBeginning(history: PodHistory, start: string | null, at: number): Duration {
  return since(start, newestCycle(history), history, at);
}

/**
 * What is told of a pod.
 *
 * @param at epoch milliseconds: what has not ended is measured up to there
 * @param context node, owners, namespace and gaps as of the history's position
 */
export function podAccount(history: PodHistory, at: number, context: Context): PodAccount {
  const account = unseenAccount(history, context) ?? seenAccount(history, at, context);
  return withGaps(account, context.gaps, history.scheduledAt);
}

function seenAccount(history: PodHistory, at: number, context: Context): PodAccount {
  const view = viewOf(history.parts);
  const cycle = newestCycle(history);
  const cells = statusColumn(history.parts, context.serverMinor);
  const created = text(view.metadata.creationTimestamp);
  return {
    uid: history.uid ?? '',
    namespace: view.metadata.namespace ?? '',
    namespaceUid: history.namespaceUid ?? context.namespace?.uid ?? null,
    name: view.metadata.name ?? '',
    workload: workloadOf(view, context),
    revision: revisionOf(view),
    node: text(view.spec.nodeName),
    zone: context.node?.zone ?? null,
    kubeletVersion: context.node?.kubeletVersion ?? null,
    labels: view.metadata.labels,
    createdAt: created,
    deletedAt: deletedAt(history),
    status: cells.status,
    ready: cells.ready,
    restarts: cells.restarts,
    lastRestartAt: cells.lastRestartAt,
    initRestarts: initRestarts(history),
    ...standingOf(history, context),
    duration: cycle ? durationOf(history, cycle, at) : unknownDuration,
    sinceCreation: sinceTheBeginning(history, created, at),
    sinceScheduled: sinceTheBeginning(history, history.scheduledAt, at),
    toAppStarted: toAppStarted(cycle, history, at),
    cycles: history.cycles.map((one) => cycleOf(history, one, at, context)),
    findings: findingsOf(history),
    gaps: gapsOf(history, context),
  };
}

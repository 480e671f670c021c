/**
 * Where the time of a cycle went. What is known of it are spans, by their stamps, by Events and by what statuses showed;
 * the cycle is swept from its beginning to its end, each moment given to the span that says most.
 */
import type { PhaseSlice } from '../account.js';
import type { Context } from '../context.js';
import {
  attemptsIn,
  containerOf,
  type CycleHistory,
  type PodHistory,
  type PullHistory,
  type TroubleHistory,
} from '../history.js';
import { beginningOf, endsOf, firstOf, spansOfAttempts } from '../phases/attempts.js';
import { afterInit, beforeNode } from '../phases/around.js';
import { stamped } from '../phases/edge.js';
import { pointsOf, spansOfImages } from '../phases/images.js';
import { sandboxEdge, spanOfSandbox } from '../phases/sandbox.js';
import type { Span } from '../phases/span.js';
import { swept } from '../phases/sweep.js';
import { spansOfWaits } from '../phases/waits.js';
import { wholeOf, type Whole } from '../phases/whole.js';
import { viewOf } from '../snapshot.js';
import { categoryOfTrouble, type PhaseOfTime } from '../taxonomy.js';

/** Pulls of images of init containers. */
function pullsOf(history: PodHistory): readonly PullHistory[] {
  const names = new Set(viewOf(history.parts).initContainers.map(({ name }) => name));
  return history.pulls.filter((pull) => names.has(pull.container ?? ''));
}

/** What held up a sandbox. */
const troublesOf = (history: PodHistory): readonly TroubleHistory[] =>
  Object.values(history.troubles).filter((trouble) => categoryOfTrouble(trouble.reason) !== null);

const kubeletOf = (history: PodHistory, context: Context): string | null =>
  history.sandbox.ready?.kubeletVersion ?? context.node?.kubeletVersion ?? null;

/** All that phases are told by, beside the cycle, its containers and the time that is asked about. */
export function sourcesOfPhases(history: PodHistory, context: Context): readonly unknown[] {
  const { metadata, status, containers } = viewOf(history.parts);
  const { scheduledAt, ungatedAt, gatesKnown } = history;
  return [
    metadata,
    status.startTime,
    containers[0]?.name,
    scheduledAt,
    ungatedAt,
    gatesKnown,
    kubeletOf(history, context),
    ...pullsOf(history),
    null,
    ...troublesOf(history),
  ];
}

function spansOf(history: PodHistory, cycle: CycleHistory, whole: Whole, context: Context): readonly Span[] {
  const specs = viewOf(history.parts).initContainers;
  const points = pointsOf(pullsOf(history));
  const firstStart = firstOf(history, specs, cycle.number);
  const kubelet = kubeletOf(history, context);
  const troubles = troublesOf(history)
    .map((trouble) => stamped(trouble.at, 'node'))
    .filter((edge) => edge !== null);
  const missed = specs.some((spec) => (containerOf(history, spec.name).missed[cycle.number] ?? 0) > 0);
  const ready = sandboxEdge({ cycle, whole, kubelet, points, firstStart, missed, troubles });
  const attempts = specs.map((spec) => attemptsIn(containerOf(history, spec.name), cycle.number));
  const ends = specs.map((spec) => endsOf(containerOf(history, spec.name)));
  const over = ends.flatMap((one) => [...one.values()]).map((edge) => edge?.at ?? whole.from.at);
  const earlier = [whole.from.at, ...(ready ? [ready.at] : []), ...over];
  const ofContainers = specs.flatMap((spec, index): readonly Span[] => {
    const mine = attempts[index] ?? [];
    const starts = mine.map(beginningOf).filter((edge) => edge !== null);
    const told = points.filter((point) => point.container === spec.name && point.at.at >= whole.from.at);
    const pulled = told.filter((point) => point.done).map((point) => point.at);
    const waits = containerOf(history, spec.name).waits.filter((wait) => wait.cycle === cycle.number);
    const passed = firstOf(history, specs.slice(index + 1), cycle.number);
    return [
      ...spansOfAttempts(spec, mine, ends[index] ?? new Map(), { whole, passed }),
      ...spansOfImages(told, { starts, earlier, end: passed ?? whole.to }),
      ...spansOfWaits(spec.name, waits, whole, { starts, pulled }),
    ];
  });
  return [...spanOfSandbox(cycle, whole, ready, firstStart), ...ofContainers];
}

/**
 * The slices of a cycle, in order. Those from `volumesAndSandbox` to `unaccounted` lie within the cycle and sum to its
 * duration; `gated`, `scheduling` and `acceptance` lie before the first, `appPull` after.
 */
export function phasesOf(
  history: PodHistory,
  cycle: CycleHistory,
  at: number,
  context: Context,
): readonly PhaseSlice[] {
  const whole = wholeOf(history, cycle, at);
  const first = cycle.number === 1 ? beforeNode(history, cycle.cause === 'first' ? whole : null) : [];
  if (!whole) return first;
  return [...first, ...swept(spansOf(history, cycle, whole, context), whole), ...afterInit(history, cycle, whole, at)];
}

/** Phases that lie within a cycle and sum to its duration. */
export const withinCycle: ReadonlySet<PhaseOfTime> = new Set([
  'volumesAndSandbox',
  'pullQueue',
  'pull',
  'create',
  'run',
  'backOff',
  'sidecarStartup',
  'unaccounted',
]);

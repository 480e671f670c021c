/**
 * Where the time of a cycle went. What is known of it are spans, which may overlap and leave holes; the cycle is swept
 * from its beginning to its end, each moment given to the span that says most. So the slices always sum to the whole,
 * and none is negative. All of them are the node's clock; scheduling and the app's pull lie before and after, apart.
 */
import type { PhaseSlice } from '../account.js';
import {
  attemptsIn,
  containerOf,
  type AttemptHistory,
  type CycleHistory,
  type PodHistory,
  type PullHistory,
} from '../history.js';
import { isSidecar, text, viewOf } from '../snapshot.js';
import type { PhaseOfTime } from '../taxonomy.js';
import { later, millis, rfc3339 } from '../time.js';
import { between, running } from './durations.js';

type Span = Readonly<{ phase: PhaseOfTime; container: string | null; from: number; to: number }>;

/** What says most comes first: a container that runs, then what is known by an Event, then what only lies between. */
const weight: readonly PhaseOfTime[] = [
  'run',
  'sidecarStartup',
  'pull',
  'backOff',
  'create',
  'volumesAndSandbox',
  'unaccounted',
];

const rank = (phase: PhaseOfTime): number => weight.indexOf(phase);

type Whole = Readonly<{ from: number; to: number; open: boolean }>;

function wholeOf(cycle: CycleHistory, at: number): Whole | null {
  const from = millis(cycle.startedAt);
  if (from === null) return null;
  const end = millis(cycle.endedAt);
  const open = cycle.outcome === 'running';
  const to = open ? at : end;
  return to === null ? null : { from, to: Math.max(from, to), open };
}

/** A running instance and, of a failed one, the wait for the next try. */
function spansOfAttempts(
  name: string,
  sidecar: boolean,
  attempts: readonly AttemptHistory[],
  end: number,
): readonly Span[] {
  return attempts.flatMap((attempt, i): Span[] => {
    const from = millis(attempt.startedAt);
    const finished = millis(attempt.end?.finishedAt);
    const next = millis(attempts[i + 1]?.startedAt);
    const spans: Span[] = [];
    if (from !== null) {
      const to = sidecar ? (millis(attempt.sidecarStartedAt) ?? finished ?? end) : (finished ?? next ?? end);
      spans.push({ phase: sidecar ? 'sidecarStartup' : 'run', container: name, from, to });
    }
    const passed = sidecar ? attempt.sidecarStartedAt !== null : attempt.end?.outcome === 'succeeded';
    const waitsFrom = finished ?? (attempt.end ? from : null);
    if (!passed && waitsFrom !== null)
      spans.push({ phase: 'backOff', container: name, from: waitsFrom, to: next ?? end });
    return spans;
  });
}

/**
 * Pulls, as Events tell them. `Pulled` says how long, to the millisecond, and stands at its end; without it a pull lasts
 * from `Pulling` until the container starts. What follows the last pull, up to the start, is creating the container.
 */
function spansOfPulls(
  name: string,
  pulls: readonly PullHistory[],
  starts: readonly number[],
  end: number,
): readonly Span[] {
  return pulls.flatMap((pull): Span[] => {
    const at = millis(pull.at);
    if (at === null) return [];
    const start = starts.find((one) => one >= at) ?? end;
    const { parsed } = pull;
    if (parsed.kind === 'pulled') {
      const took = (parsed.withWaiting ?? parsed.seconds ?? 0) * 1000;
      const pulled: Span = { phase: 'pull', container: name, from: at - took, to: at };
      return [...(took > 0 ? [pulled] : []), { phase: 'create', container: name, from: at, to: start }];
    }
    const done = pulls.some(
      (other) => other.parsed.kind === 'pulled' && (millis(other.at) ?? 0) >= at && (millis(other.at) ?? 0) <= start,
    );
    const isPull = parsed.kind === 'pulling' || parsed.kind === 'pullFailed' || parsed.kind === 'pullBackOff';
    return isPull && !done ? [{ phase: 'pull', container: name, from: at, to: start }] : [];
  });
}

/** Volumes and sandbox, up to the sandbox's condition; where that includes the first pull, up to the pull's Event. */
function spanOfSandbox(history: PodHistory, cycle: CycleHistory, whole: Whole): readonly Span[] {
  const names = viewOf(history.parts).initContainers.map((container) => container.name);
  const firstStart = names
    .flatMap((name) => attemptsIn(containerOf(history, name), cycle.number))
    .map((attempt) => millis(attempt.startedAt))
    .find((time) => time !== null);
  const ready = millis(cycle.sandboxReadyAt);
  const firstPull = millis(
    history.pulls.find((pull) => (millis(pull.at) ?? 0) >= whole.from && pull.container !== null)?.at,
  );
  const pullIsIn = cycle.sandboxIncludesPull && firstPull !== null;
  const known = pullIsIn ? Math.min(firstPull, ready ?? firstPull) : ready;
  const none = cycle.cause === 'restartAllContainers';
  if (none || (known === null && firstStart !== undefined)) return [];
  return [{ phase: 'volumesAndSandbox', container: null, from: whole.from, to: known ?? whole.to }];
}

function spansOf(history: PodHistory, cycle: CycleHistory, whole: Whole): readonly Span[] {
  const spans: Span[] = [...spanOfSandbox(history, cycle, whole)];
  for (const spec of viewOf(history.parts).initContainers) {
    const attempts = attemptsIn(containerOf(history, spec.name), cycle.number);
    const starts = attempts.map((attempt) => millis(attempt.startedAt)).filter((time) => time !== null);
    const pulls = history.pulls.filter((pull) => pull.container === spec.name);
    spans.push(...spansOfAttempts(spec.name, isSidecar(spec), attempts, whole.to));
    spans.push(...spansOfPulls(spec.name, pulls, starts, whole.to));
  }
  return spans
    .map((span) => ({ ...span, from: Math.max(span.from, whole.from), to: Math.min(span.to, whole.to) }))
    .filter((span) => span.to > span.from);
}

/** Gives each moment of the whole to the span that says most of it. */
function swept(spans: readonly Span[], whole: Whole): readonly Span[] {
  const bounds = [...new Set([whole.from, whole.to, ...spans.flatMap((span) => [span.from, span.to])])].toSorted(
    (a, b) => a - b,
  );
  const slices: Span[] = [];
  for (const [i, from] of bounds.slice(0, -1).entries()) {
    const to = bounds[i + 1] ?? whole.to;
    const covering = spans
      .filter((span) => span.from <= from && span.to >= to)
      .toSorted((a, b) => rank(a.phase) - rank(b.phase));
    const { phase, container } = covering[0] ?? { phase: 'unaccounted' as const, container: null };
    const last = slices.at(-1);
    if (last && last.phase === phase && last.container === container) slices[slices.length - 1] = { ...last, to };
    else slices.push({ phase, container, from, to });
  }
  return slices;
}

/** Node stamps have whole seconds: text without a fraction keeps saying so. */
const stamp = (ms: number): string => (ms % 1000 === 0 ? rfc3339(ms).replace('.000Z', 'Z') : rfc3339(ms));

function slice(span: Span, whole: Whole, at: number): PhaseSlice {
  const from = stamp(span.from);
  const runs = whole.open && span.to === whole.to;
  const to = runs ? null : stamp(span.to);
  const duration = to === null ? running({ at: from }, at) : between({ at: from }, { at: to });
  return { phase: span.phase, container: span.container, from, to, duration };
}

/** Before the node accepted the pod, by the API server's clock: held back by gates, then looking for a node. */
function beforeNode(history: PodHistory, at: number): readonly PhaseSlice[] {
  const created = text(viewOf(history.parts).metadata.creationTimestamp);
  if (created === null) return [];
  const gated = history.ungatedAt ?? (history.scheduling?.reason === 'SchedulingGated' ? 'still' : null);
  const over = history.scheduledAt ?? history.endedEarly?.at ?? null;
  const slices: PhaseSlice[] = [];
  if (gated === 'still') return [open('gated', created)];
  if (gated !== null) slices.push(closed('gated', created, gated));
  const from = gated ?? created;
  slices.push(over === null ? open('scheduling', from) : closed('scheduling', from, over));
  return slices;

  function open(phase: PhaseOfTime, since: string): PhaseSlice {
    return { phase, container: null, from: since, to: null, duration: running({ at: since }, at) };
  }
  function closed(phase: PhaseOfTime, since: string, to: string): PhaseSlice {
    return { phase, container: null, from: since, to, duration: between({ at: since }, { at: to }) };
  }
}

/** After the last init container: the app container's image is pulled, and it is created and started. */
function afterInit(history: PodHistory, cycle: CycleHistory, at: number): readonly PhaseSlice[] {
  if (cycle.outcome !== 'completed' || cycle.endedAt === null) return [];
  const from = cycle.endedAt;
  const name = cycle.app?.container ?? viewOf(history.parts).containers[0]?.name ?? null;
  const to = cycle.app?.startedAt ?? null;
  if (to !== null) {
    const end = later(from, to) ?? to;
    return [{ phase: 'appPull', container: name, from, to: end, duration: between({ at: from }, { at: end }) }];
  }
  const newest = history.cycles.at(-1)?.number === cycle.number;
  if (cycle.app !== null || !newest || history.gone !== null) return [];
  return [{ phase: 'appPull', container: name, from, to: null, duration: running({ at: from }, at) }];
}

/**
 * The slices of a cycle, in order. Those from `volumesAndSandbox` to `unaccounted` lie within the cycle and sum to its
 * duration; `gated` and `scheduling` lie before (API server's clock), `appPull` after.
 */
export function phasesOf(history: PodHistory, cycle: CycleHistory, at: number): readonly PhaseSlice[] {
  const whole = wholeOf(cycle, at);
  const within = whole ? swept(spansOf(history, cycle, whole), whole).map((span) => slice(span, whole, at)) : [];
  const first = cycle.number === 1 ? beforeNode(history, at) : [];
  return [...first, ...within, ...afterInit(history, cycle, at)];
}

/** Phases that lie within a cycle and sum to its duration. */
export const withinCycle: ReadonlySet<PhaseOfTime> = new Set(weight);

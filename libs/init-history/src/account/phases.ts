/**
 * Where the time of a cycle went. What is known of it are spans, which may overlap and leave holes; the cycle is swept
 * from its beginning to its end, each moment given to the span that says most. So the slices always sum to the whole,
 * and none is negative. All of them are the node's clock; scheduling and the app's pull lie before and after, apart.
 */
import type { Duration, PhaseSlice } from '../account.js';
import {
  attemptsIn,
  containerOf,
  type AttemptHistory,
  type CycleHistory,
  type PodHistory,
  type PullHistory,
  type WaitSpan,
} from '../history.js';
import { isSidecar, text, viewOf, type ContainerSpec } from '../snapshot.js';
import type { Category, PhaseOfTime } from '../taxonomy.js';
import { later, millis, rfc3339 } from '../time.js';
import { between, running } from './durations.js';

/** `measured`: seconds that were told as such. `mixedClocks`: one of its ends is not the node's clock. */
type Span = Readonly<{
  phase: PhaseOfTime;
  container: string | null;
  from: number;
  to: number;
  measured?: number;
  mixedClocks?: true;
}>;

/** What says most comes first: a container that runs, then what is known by an Event, then what only lies between. */
const weight: readonly PhaseOfTime[] = [
  'run',
  'sidecarStartup',
  'pull',
  'backOff',
  'volumesAndSandbox',
  'create',
  'unaccounted',
];

const rank = (span: Span): number => weight.indexOf(span.phase);

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
      spans.push({ phase: sidecar ? 'sidecarStartup' : 'run', container: name, from, to: Math.min(to, end) });
    }
    const passed = sidecar ? attempt.sidecarStartedAt !== null : attempt.end?.outcome === 'succeeded';
    const waitsFrom = finished ?? (attempt.end ? from : null);
    if (!passed && waitsFrom !== null)
      spans.push({ phase: 'backOff', container: name, from: waitsFrom, to: next ?? end });
    return spans;
  });
}

/**
 * Pulls, as Events tell them: from `Pulling`, or a failure to pull, to the next `Pulled`, to the start, or to the end.
 * `Pulled` says how long its own took, to the millisecond, and stands at its end. What follows it, up to the start, is
 * creating the container.
 */
function spansOfPulls(
  name: string,
  told: readonly PullHistory[],
  starts: readonly number[],
  end: number,
): readonly Span[] {
  const pulls = told.map((pull) => ({ parsed: pull.parsed, at: millis(pull.at) ?? Number.NaN }));
  const done = pulls.filter((pull) => pull.parsed.kind === 'pulled').map((pull) => pull.at);
  return pulls.flatMap(({ parsed, at }, i): Span[] => {
    const start = starts.find((one) => one >= at) ?? end;
    if (parsed.kind !== 'pulled') {
      const to = Math.min(start, done.find((one) => one >= at) ?? end);
      // A pull that went well is told by its own `Pulled`, to the millisecond.
      const wentWell = parsed.kind === 'pulling' && pulls[i + 1]?.parsed.kind === 'pulled';
      const isPull = parsed.kind !== 'restartBackOff' && !wentWell;
      return isPull ? [{ phase: 'pull', container: name, from: at, to }] : [];
    }
    const took = (parsed.withWaiting ?? parsed.seconds ?? 0) * 1000;
    return [
      { phase: 'pull', container: name, from: at - took, to: at, measured: took / 1000 },
      { phase: 'create', container: name, from: at, to: start },
    ];
  });
}

/** What the status says that a container waits for. The write's time is the API server's clock. */
const waitPhases: Partial<Readonly<Record<Category, PhaseOfTime>>> = {
  IMAGE_PULL: 'pull',
  CONFIG: 'create',
  RUNTIME: 'create',
  START: 'create',
};

const spansOfWaits = (name: string, waits: readonly WaitSpan[], end: number): readonly Span[] =>
  waits.flatMap((wait): Span[] => {
    const phase = waitPhases[wait.category];
    const from = millis(wait.from);
    if (phase === undefined || from === null) return [];
    return [{ phase, container: name, from, to: millis(wait.to) ?? end, mixedClocks: true }];
  });

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
  const specs = viewOf(history.parts).initContainers;
  for (const [index, spec] of specs.entries()) {
    const attempts = attemptsIn(containerOf(history, spec.name), cycle.number);
    const starts = attempts.map((attempt) => millis(attempt.startedAt)).filter((time) => time !== null);
    const known = containerOf(history, spec.name);
    const pulls = history.pulls.filter((pull) => pull.container === spec.name && (millis(pull.at) ?? 0) >= whole.from);
    const waits = known.waits.filter((wait) => wait.cycle === cycle.number);
    spans.push(
      ...spansOfAttempts(spec.name, isSidecar(spec), attempts, passedBy(specs.slice(index + 1))),
      ...spansOfPulls(spec.name, pulls, starts, whole.to),
      ...spansOfWaits(spec.name, waits, whole.to),
    );
  }
  return spans
    .map((span) => ({ ...span, from: Math.max(span.from, whole.from), to: Math.min(span.to, whole.to) }))
    .filter((span) => span.to > span.from);

  /** Whatever is told late: when the first of the later ones began, all before it had been passed. */
  function passedBy(following: readonly ContainerSpec[]): number {
    const began = following
      .flatMap((spec) => attemptsIn(containerOf(history, spec.name), cycle.number))
      .map((attempt) => millis(attempt.startedAt) ?? whole.to);
    return Math.min(whole.to, ...began);
  }
}

/** Gives each moment of the whole to the span that says most of it. */
function swept(spans: readonly Span[], whole: Whole): readonly Span[] {
  const bounds = [...new Set([whole.from, whole.to, ...spans.flatMap((span) => [span.from, span.to])])];
  const slices: Span[] = [];
  const inOrder = bounds.toSorted((a, b) => a - b);
  for (const [i, from] of inOrder.slice(0, -1).entries()) {
    const to = inOrder[i + 1] ?? whole.to;
    const covering = spans.filter((span) => span.from <= from && span.to >= to).toSorted((a, b) => rank(a) - rank(b));
    const best: Span = covering[0] ?? { phase: 'unaccounted', container: null, from, to };
    const last = slices.at(-1);
    if (last?.phase !== best.phase || last.container !== best.container) slices.push({ ...best, from, to });
    else slices[slices.length - 1] = joined(last, best, to);
  }
  return slices;
}

/** Two neighbours of one phase are one slice: measured no longer, unless they are of one span. */
function joined(last: Span, next: Span, to: number): Span {
  const { phase, container, from, measured } = last;
  const mixed = last.mixedClocks || next.mixedClocks ? { mixedClocks: true as const } : {};
  return {
    phase,
    container,
    from,
    to,
    ...mixed,
    ...(measured !== undefined && measured === next.measured ? { measured } : {}),
  };
}

/** Node stamps have whole seconds: text without a fraction keeps saying so. */
const stamp = (ms: number): string => (ms % 1000 === 0 ? rfc3339(ms).replace('.000Z', 'Z') : rfc3339(ms));

/** Its bounds are the node's stamps, cut to whole seconds, or counted from one: each may be up to a second later. */
function slice(span: Span, whole: Whole): PhaseSlice {
  const runs = whole.open && span.to === whole.to;
  const seconds = (span.to - span.from) / 1000;
  const measured = span.measured === seconds && !runs;
  const duration: Duration = {
    seconds,
    lo: measured ? seconds : Math.max(0, Math.round((seconds - 1) * 1000) / 1000),
    hi: measured || runs ? seconds : Math.round((seconds + 1) * 1000) / 1000,
    certainty: 'exact',
    ...(span.mixedClocks ? { mixedClocks: true } : {}),
    ...(runs ? { running: true } : {}),
  };
  return {
    phase: span.phase,
    container: span.container,
    from: stamp(span.from),
    to: runs ? null : stamp(span.to),
    duration,
  };
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
    return { phase, container: null, from: since, to, duration: between({ at: since }, { at: to }, gated !== null) };
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
  const within = whole ? swept(spansOf(history, cycle, whole), whole).map((span) => slice(span, whole)) : [];
  const first = cycle.number === 1 ? beforeNode(history, at) : [];
  return [...first, ...within, ...afterInit(history, cycle, at)];
}

/** Phases that lie within a cycle and sum to its duration. */
export const withinCycle: ReadonlySet<PhaseOfTime> = new Set(weight);

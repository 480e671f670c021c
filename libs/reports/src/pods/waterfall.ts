import type { Bar, Happening } from '../shapes/happening.js';
import type { Cycle, PodDetail } from '../shapes/pod.js';

/**
 * The bars of a pod's initialization, in the order they began: its phases of time and every attempt, each with the positions
 * of the observations that show it.
 */
export function waterfall(pod: PodDetail, happenings: readonly Happening[]): Bar[] {
  return pod.cycles.flatMap((cycle) => [...phases(cycle, happenings), ...attempts(cycle)]).toSorted(byBegin);
}

const byBegin = (a: Bar, b: Bar): number => a.cycle - b.cycle || begin(a) - begin(b);
const begin = ({ from }: Bar): number => (from === null ? Number.MAX_SAFE_INTEGER : Date.parse(from));

const phases = (cycle: Cycle, happenings: readonly Happening[]): Bar[] =>
  cycle.phases.map(({ phase, container, attempt, from, to, duration }) => ({
    lane: container ?? 'pod',
    cycle: cycle.number,
    kind: 'phase',
    phase,
    attempt,
    outcome: null,
    from,
    to,
    duration,
    evidence: evidenceOf(happenings, container, [from, to]),
  }));

const attempts = (cycle: Cycle): Bar[] =>
  cycle.initContainers.flatMap(({ name, attempts: all }) =>
    all.map(({ number, outcome, startedAt, finishedAt, duration, position }) => ({
      lane: name,
      cycle: cycle.number,
      kind: 'attempt',
      phase: null,
      attempt: number,
      outcome,
      from: startedAt,
      to: finishedAt,
      duration,
      evidence: [position],
    })),
  );

/** The observations at which something happened at either end of a slice, to its container or to the pod as a whole. */
function evidenceOf(
  happenings: readonly Happening[],
  container: string | null,
  ends: readonly (string | null)[],
): string[] {
  const times = new Set(ends.filter((end) => end !== null).map((end) => Date.parse(end)));
  const proof = happenings
    .filter((happening) => happening.container === null || happening.container === container || container === null)
    .filter(({ at }) => at !== null && times.has(Date.parse(at)))
    .flatMap(({ evidence }) => evidence);
  return [...new Set(proof)];
}

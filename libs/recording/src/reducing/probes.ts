import type { Change } from './known.js';
import type { Reduced } from './reduced.js';

/** How often changes of probes alone are written for one pod. */
const probeIntervalMs = 60_000;

/** What is remembered of a pod whose probes changed within the last minute. Forget it when `isQuiet` says so. */
export type ProbeState = Readonly<{
  /** When a change of probes alone was last written, in epoch milliseconds. */
  writtenAt: number;
  /** Changes held since. */
  held: number;
}>;

/** Whether to write a change now. */
export type ProbeDecision = Readonly<{
  action: 'write' | 'hold';
  /** Undefined: nothing to remember. */
  state: ProbeState | undefined;
  /** When writing: how many held changes the observation stands for besides its own. */
  coalesced: number;
  /** When holding: when the newest held change is to be written at the latest, in epoch milliseconds. */
  dueAt: number | null;
}>;

/**
 * Holds changes of probes alone back to one a minute for each pod; anything else is written at once and carries what
 * was held. The first change after a quiet minute is written at once. What is held is written at `dueAt` or at stop,
 * by `flushProbes`; until something is written, what is known of the pod stays as it was.
 *
 * Only after initialization, and only while every app container runs: once one has ended, `ready` of the others
 * decides between Running and NotReady in kubectl's STATUS, which every stored history must still give.
 */
export function decideProbes(
  state: ProbeState | undefined,
  change: Change,
  reduced: Reduced,
  now: number,
): ProbeDecision {
  const held = state?.held ?? 0;
  if (!change.probesOnly || !isSettled(reduced.parts)) {
    const kept = state && { ...state, held: 0 };
    return { action: 'write', state: isQuiet(kept, now) ? undefined : kept, coalesced: held, dueAt: null };
  }
  if (state && now < state.writtenAt + probeIntervalMs) {
    const dueAt = state.writtenAt + probeIntervalMs;
    return { action: 'hold', state: { ...state, held: held + 1 }, coalesced: 0, dueAt };
  }
  return { action: 'write', state: { writtenAt: now, held: 0 }, coalesced: held, dueAt: null };
}

/** What a held change is written with: it stands for itself and for `coalesced` others before it. */
export function flushProbes(state: ProbeState, now: number): Readonly<{ state: ProbeState; coalesced: number }> {
  return { state: { writtenAt: now, held: 0 }, coalesced: Math.max(0, state.held - 1) };
}

/** Whether the state may be forgotten: nothing is held, and the next change would be written at once. */
export function isQuiet(state: ProbeState | undefined, now: number): boolean {
  return !state || (state.held === 0 && now >= state.writtenAt + probeIntervalMs);
}

/** Initialized, and every app container runs. Quotes in texts are escaped, so these needles meet keys alone. */
function isSettled(parts: ReadonlyMap<string, string>): boolean {
  if (!parts.get('condition.Initialized')?.includes('"status":"True"')) return false;
  for (const [name, text] of parts) {
    if (name.startsWith('status.container.') && !text.includes('"state":{"running":')) return false;
  }
  return true;
}

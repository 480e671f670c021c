/** Volumes and sandbox, which the API does not tell apart (semantics 8.4). */
import type { CycleHistory } from '../history.js';
import { stamped, type Edge } from './edge.js';
import { beganAt, type ImagePoint } from './images.js';
import { ranks, type Span } from './span.js';
import type { Whole } from './whole.js';

type Known = Readonly<{
  cycle: CycleHistory;
  whole: Whole;
  /** Version of the node's kubelet; null while it is not known. */
  kubelet: string | null;
  points: readonly ImagePoint[];
  firstStart: Edge | null;
  /** Whether instances of the cycle went unseen: the first that was seen may not be the first that began. */
  missed: boolean;
  /** When Events told what kept it from being made. */
  troubles: readonly Edge[];
}>;

/**
 * A condition that came before all words of images, and before the first instance, was a write of its own, whichever
 * kubelet wrote it. Words alone would not do: those of the first image may have been missed.
 */
function ownWrite({ cycle, kubelet, firstStart, missed }: Known, ready: Edge, words: readonly Edge[]): boolean {
  if (cycle.sandboxIncludesPull) return false;
  const told = [...words, ...(firstStart ? [firstStart] : [])];
  return kubelet !== null || (!missed && words.length > 0 && told.every((edge) => edge.at > ready.at));
}

/**
 * When the sandbox was there. The condition tells, since 1.36 in a write of its own; on 1.29 to 1.35 it comes with the
 * first container, so with the first pull in it, and the sandbox was there by the first word of an image, or by the first
 * instance. Null where nothing tells.
 */
export function sandboxEdge(known: Known): Edge | null {
  const { cycle, whole, points, firstStart, troubles } = known;
  const ready = stamped(cycle.sandboxReadyAt, 'node');
  const words = points.filter((point) => point.at.at >= whole.from.at).map(beganAt);
  if (ready && ownWrite(known, ready, words)) return ready;
  const told = [ready, ...(ready || words.length > 0 ? [firstStart] : []), ...words].filter((edge) => edge !== null);
  const first = told.reduce<Edge | null>((best, edge) => (best && best.hi <= edge.hi ? best : edge), null);
  if (!first) return null;
  const at = Math.max(first.at, whole.from.at);
  // It was not there while Events said what kept it from being there.
  const kept = troubles.map((edge) => edge.lo).filter((time) => time > whole.from.lo && time <= at);
  return { ...first, at, lo: Math.min(at, Math.max(whole.from.lo, ...kept)), hi: Math.max(first.hi, at) };
}

/** Nothing of the kind happens when all containers are restarted in place (semantics 2.5). */
export function spanOfSandbox(
  cycle: CycleHistory,
  whole: Whole,
  ready: Edge | null,
  firstStart: Edge | null,
): readonly Span[] {
  if (cycle.cause === 'restartAllContainers' || (!ready && firstStart)) return [];
  const common = { phase: 'volumesAndSandbox', container: null, attempt: null } as const;
  return [{ ...common, rank: ranks.volumesAndSandbox, from: whole.from, to: ready ?? whole.to }];
}

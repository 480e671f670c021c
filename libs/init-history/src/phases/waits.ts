/** What the status said that a container waited for: when it was written, so by then at the latest (semantics 1.5). */
import type { WaitSpan } from '../history.js';
import type { Category, PhaseOfTime } from '../taxonomy.js';
import { millis, wholeSeconds } from '../time.js';
import { by, type Edge } from './edge.js';
import { ranks, type Span } from './span.js';
import type { Whole } from './whole.js';

const phases: Partial<Readonly<Record<Category, PhaseOfTime>>> = {
  IMAGE_PULL: 'pull',
  CONFIG: 'create',
  RUNTIME: 'create',
  START: 'create',
};

/** The write's time is the API server's, in whole seconds; where it told none, the recorder's. */
const written = (time: string, notBefore: string | null): Edge | null =>
  by(time, notBefore, wholeSeconds(time) ? 'apiserver' : 'watcher');

/** @param starts of the container's instances: what ended a wait with one is that instance's stamp */
function endOf(wait: WaitSpan, starts: readonly Edge[], whole: Whole): Edge {
  if (wait.to === null) return whole.to;
  const at = millis(wait.to);
  const start = starts.find((edge) => edge.at === at);
  const end = start ?? written(wait.to, wait.from);
  // What the recorder stamped when it heard of it was so before.
  const heard = end && !start && !wholeSeconds(wait.from);
  return heard ? { ...end, lo: Math.min(end.lo, whole.from.lo) } : (end ?? whole.to);
}

/** @param pulled when the image was there, as Events tell: a wait for it ended by then */
export function spansOfWaits(
  name: string,
  waits: readonly WaitSpan[],
  whole: Whole,
  known: Readonly<{ starts: readonly Edge[]; pulled: readonly Edge[] }>,
): readonly Span[] {
  return waits.flatMap((wait): Span[] => {
    const phase = phases[wait.category];
    const from = written(wait.from, null);
    if (phase === undefined || !from) return [];
    const end = endOf(wait, known.starts, whole);
    const there = phase === 'pull' ? known.pulled.find((edge) => edge.at >= from.at && edge.at < end.at) : undefined;
    const loose = { ...from, lo: Math.min(from.lo, whole.from.lo) };
    return [{ phase, container: name, attempt: null, rank: ranks.shownWait, from: loose, to: there ?? end }];
  });
}

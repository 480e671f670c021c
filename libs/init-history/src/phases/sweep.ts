/**
 * Sweeps a cycle from its beginning to its end and gives each moment to the span that says most of it. So the slices
 * always sum to the whole, and none is negative.
 */
import type { Duration, PhaseSlice } from '../account.js';
import { durationBetween, durationUntil, isSharp, textOf, type Edge } from './edge.js';
import type { Span } from './span.js';
import type { Whole } from './whole.js';

/** A piece of the whole, before its ends are known: `span` is null where nothing is said of it. */
type Piece = Readonly<{ span: Span | null; from: number; to: number }>;

const sameThing = (a: Span | null, b: Span | null): boolean =>
  a?.phase === b?.phase && a?.container === b?.container && a?.attempt === b?.attempt;

const clipped = (span: Span, whole: Whole): Span => ({
  ...span,
  from: span.from.at < whole.from.at ? whole.from : span.from,
  to: span.to.at > whole.to.at ? whole.to : span.to,
});

/** An instance that began and ended within one second ran all the same: it has a slice of its own, of no length. */
const isInstant = ({ phase, from, to }: Span): boolean => phase === 'run' && from.at === to.at;

function piecesOf(spans: readonly Span[], whole: Whole): readonly Piece[] {
  // Taken from its end: of those that begin together the first one first.
  const waiting = spans.toReversed().toSorted((a, b) => b.from.at - a.from.at);
  let active: readonly Span[] = [];
  const bounds = [...new Set([whole.from.at, whole.to.at, ...spans.flatMap(({ from, to }) => [from.at, to.at])])];
  const pieces: Piece[] = [];
  const inOrder = bounds.toSorted((a, b) => a - b);
  for (const [i, from] of inOrder.entries()) {
    active = active.filter((span) => span.to.at > from);
    for (let next = waiting.at(-1); next && next.from.at <= from; next = waiting.at(-1)) {
      waiting.pop();
      if (isInstant(next)) pieces.push({ span: next, from, to: from });
      else active = [...active, next];
    }
    const to = inOrder[i + 1];
    if (to === undefined) break;
    const span = active.reduce<Span | null>((best, one) => (best && best.rank <= one.rank ? best : one), null);
    const last = pieces.at(-1);
    if (last && last.to > last.from && sameThing(last.span, span)) {
      pieces[pieces.length - 1] = { ...last, span: merged(last.span, span), to };
    } else pieces.push({ span, from, to });
  }
  return pieces;
}

/** Two spans of one thing, one after another: measured no longer, unless they are one. */
function merged(a: Span | null, b: Span | null): Span | null {
  if (!a || !b || a === b) return a;
  const { measured: _measured, ...rest } = a;
  return { ...rest, to: b.to };
}

type Slice = Piece & Readonly<{ begin: Edge; end: Edge }>;

/** Where a piece ends with its own span it has that one's edge; where another takes over, the other's. */
function edged(pieces: readonly Piece[], whole: Whole): readonly Slice[] {
  const slices: Slice[] = [];
  for (const [i, piece] of pieces.entries()) {
    const { span, from, to } = piece;
    const own = (edge: Edge | undefined, at: number): Edge | null => (edge && edge.at === at ? edge : null);
    const begin = own(span?.from, from) ?? slices.at(-1)?.end ?? whole.from;
    const end = own(span?.to, to) ?? own(pieces[i + 1]?.span?.from, to) ?? whole.to;
    slices.push({ ...piece, begin, end });
  }
  return slices.map((slice, i) => ({
    ...slice,
    begin: within(slice.begin, slices[i - 1]?.begin, slice.end),
    end: within(slice.end, slice.begin, slices[i + 1]?.end),
  }));
}

/** An end that is only known to lie in a span lies after the one before it, and before the one after. */
function within(edge: Edge, before: Edge | undefined, after: Edge | undefined): Edge {
  if (isSharp(edge)) return edge;
  const lo = before && isSharp(before) ? Math.max(edge.lo, Math.min(before.lo, edge.at)) : edge.lo;
  const hi = after && isSharp(after) ? Math.min(edge.hi, Math.max(after.hi, edge.at)) : edge.hi;
  return { ...edge, lo, hi };
}

function durationOf({ span, begin, end, from, to }: Slice, runs: boolean): Duration {
  if (runs) return durationUntil(begin, to);
  const isWhole = span?.from.at === from && span.to.at === to;
  if (span?.measured !== undefined && isWhole && to - from === span.measured) {
    const seconds = span.measured / 1000;
    return { seconds, lo: seconds, hi: seconds, certainty: 'exact' };
  }
  return durationBetween(begin, end);
}

/** The slices of a whole, in order. */
export function swept(spans: readonly Span[], whole: Whole): readonly PhaseSlice[] {
  const inside = spans
    .filter(({ from, to }) => from.at <= whole.to.at && to.at >= whole.from.at)
    .map((span) => clipped(span, whole))
    .filter((span) => span.to.at > span.from.at || isInstant(span));
  return edged(piecesOf(inside, whole), whole).map((slice): PhaseSlice => {
    const runs = whole.open && slice.end === whole.to;
    return {
      phase: slice.span?.phase ?? 'unaccounted',
      container: slice.span?.container ?? null,
      attempt: slice.span?.attempt ?? null,
      from: textOf({ ...slice.begin, at: slice.from }),
      to: runs ? null : textOf({ ...slice.end, at: slice.to }),
      duration: durationOf(slice, runs),
    };
  });
}

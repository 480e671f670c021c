/**
 * What Events tell of an init container's image: pulling it, queueing for that, and creating the container when it was
 * there (semantics 4.3). A pull that keeps failing is a pull until it goes well, its back-offs included.
 */
import type { PullHistory } from '../history.js';
import { shifted, stamped, type Edge } from './edge.js';
import { ranks, type Span } from './span.js';

/** A time at which Events told something of an image. Of a pull that went well: how long it took, and queued. */
export type ImagePoint = Readonly<{
  container: string | null;
  at: Edge;
  done: boolean;
  pullMs: number;
  queueMs: number;
}>;

const ms = (seconds: number | null): number => Math.round((seconds ?? 0) * 1000);

function pointOf(pull: PullHistory, time: string | null): ImagePoint | null {
  const at = stamped(time, 'node');
  if (!at) return null;
  const { parsed, container } = pull;
  if (parsed.kind !== 'pulled') return { container, at, done: false, pullMs: 0, queueMs: 0 };
  const pullMs = ms(parsed.seconds);
  return { container, at, done: true, pullMs, queueMs: Math.max(0, ms(parsed.withWaiting) - pullMs) };
}

/** Of an Event that was seen when it had occurred often already, its first occurrence is known beside its last. */
export const pointsOf = (pulls: readonly PullHistory[]): readonly ImagePoint[] =>
  pulls
    .flatMap((pull) => [
      pull.delta > 1 && pull.firstAt !== pull.at ? pointOf(pull, pull.firstAt) : null,
      pointOf(pull, pull.at),
    ])
    .filter((point) => point !== null)
    .toSorted((a, b) => a.at.at - b.at.at);

/** When what a point tells of began: its pull, or queueing for it. */
export const beganAt = (point: ImagePoint): Edge => shifted(point.at, -point.pullMs - point.queueMs);

/**
 * Its end was cut to a whole second, so its beginning may seem to lie before what it followed. Within that second, it is
 * moved to where it can have been; what truly holds its ends stays.
 */
function placed(end: Edge, tookMs: number, earlier: readonly number[]): Readonly<{ from: Edge; to: Edge }> {
  const from = shifted(end, -tookMs);
  const floor = Math.max(from.at, ...earlier.filter((time) => time > from.at && time <= Math.min(from.hi, end.at)));
  return { from: { ...from, at: floor }, to: { ...end, at: Math.min(floor + tookMs, end.hi) } };
}

export type Around = Readonly<{
  /** Starts of the container's instances, in order. */
  starts: readonly Edge[];
  /** Times that a pull may have followed: the cycle's beginning, the sandbox, ends of instances. */
  earlier: readonly number[];
  end: Edge;
}>;

const firstFrom = (edges: readonly Edge[], at: number): Edge | undefined => edges.find((edge) => edge.at >= at);

function spansOfPull(point: ImagePoint, { starts, earlier, end }: Around): readonly Span[] {
  const common = { container: point.container, attempt: null };
  const { from, to } = placed(point.at, point.pullMs + point.queueMs, earlier);
  const pullBegan = { ...shifted(point.at, -point.pullMs), at: to.at - point.pullMs };
  const created = firstFrom(starts, point.at.at) ?? end;
  return [
    { ...common, phase: 'pullQueue', rank: ranks.pullQueue, from, to: pullBegan, measured: point.queueMs },
    { ...common, phase: 'pull', rank: ranks.pull, from: pullBegan, to, measured: point.pullMs },
    { ...common, phase: 'create', rank: ranks.create, from: to, to: created },
  ];
}

/** Stamps of one moment can lie a second apart. */
const slackMs = 1000;

/** A pull that went well at once is told by its own `Pulled`, to the millisecond. */
const beganWith = (point: ImagePoint, next: ImagePoint | undefined): boolean =>
  next?.done === true && Math.abs(beganAt(next).at - point.at.at) <= slackMs;

/** Of one container. */
export function spansOfImages(points: readonly ImagePoint[], around: Around): readonly Span[] {
  const done = points.filter((point) => point.done);
  return points.flatMap((point, i): readonly Span[] => {
    if (point.done) return spansOfPull(point, around);
    if (beganWith(point, points[i + 1])) return [];
    const next = [firstFrom(around.starts, point.at.at), done.find((one) => one.at.at >= point.at.at)?.at];
    const to = next.reduce<Edge>((first, edge) => (edge && edge.at < first.at ? edge : first), around.end);
    return [{ phase: 'pull', container: point.container, attempt: null, rank: ranks.pull, from: point.at, to }];
  });
}

import { parseDuration } from '../asking/times.js';
import type { Duration } from '../shapes/common.js';

/** `back-off 2m40s restarting failed container=…`: the kubelet's own words (doBackOff, kuberuntime_manager.go). */
const backOff = /back-off ((?:\d+(?:\.\d+)?(?:ms|[hms]))+)/i;

/** The kubelet looks again with its sync loop, so a retry comes up to this much later than promised (recorded: 0.5 to 15 s). */
const syncSeconds = 15;

const unknown: Duration = { seconds: null, lo: null, hi: null, certainty: 'unknown' };

/**
 * How long until the next attempt, in seconds from `now` (epoch milliseconds): the back-off runs from the end of the last
 * attempt, is at least what the message says, and is over within one sync of the kubelet.
 */
export function nextRetry(message: string | null, lastFinishedAt: string | null, now: number): Duration {
  const delay = parseDuration(backOff.exec(message ?? '')?.[1] ?? '');
  if (delay === undefined || lastFinishedAt === null) return unknown;
  const earliest = (Date.parse(lastFinishedAt) - now) / 1000 + delay;
  const lo = Math.max(0, earliest);
  const hi = Math.max(0, earliest + 1 + syncSeconds);
  return { seconds: lo, lo, hi, certainty: 'bounded' };
}

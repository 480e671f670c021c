/** When init containers were passed (semantics 8.2 step 6). */
import { attemptsIn, containerOf, type PodHistory } from '../history.js';
import { isSidecar, type ContainerSpec, type PodView } from '../snapshot.js';
import { before, earliest } from '../time.js';
import { succeeded } from './instances.js';

/** When an init container was passed: by `at`, and not before `notBefore`; both are one time where it is known. */
type Passed = Readonly<{ at: string; notBefore: string }>;

/** The earlier of two times; null counts as none. */
export const earlier = (one: string, other: string | null): string => (before(other, one) ? (other ?? one) : one);

/** When the first of the later init containers began in this cycle: what stands before it had been passed. */
export function nextBegan(history: PodHistory, after: readonly ContainerSpec[], cycle: number): string | null {
  const attempts = after.flatMap((container) => attemptsIn(containerOf(history, container.name), cycle));
  return earliest(attempts.map(({ startedAt }) => startedAt));
}

/**
 * By the end of its success, or by its first start as a sidecar. That a sidecar with a startup probe has started may be
 * written seconds late, after the next one has even ended (met on a busy node): the next one's start bounds it.
 */
function passedAt(history: PodHistory, view: PodView, index: number, cycle: number): Passed | null {
  const container = view.initContainers[index];
  if (!container) return null;
  const attempts = attemptsIn(containerOf(history, container.name), cycle);
  if (!isSidecar(container)) {
    const at = attempts.find(succeeded)?.end?.finishedAt;
    return at ? { at, notBefore: at } : null;
  }
  const first = attempts.find((attempt) => attempt.sidecarStartedAt !== null);
  if (!first?.sidecarStartedAt) return null;
  const at = earlier(first.sidecarStartedAt, nextBegan(history, view.initContainers.slice(index + 1), cycle));
  return { at, notBefore: first.sidecarNotBefore ?? at };
}

/** When the last of them was passed. */
export function lastPassed(history: PodHistory, view: PodView, cycle: number): Passed | null {
  const all = view.initContainers.map((_, i) => passedAt(history, view, i, cycle)).filter((one) => one !== null);
  if (all.length === 0) return null;
  const last = (of: keyof Passed): string =>
    all.map((one) => one[of]).reduce((one, other) => (before(one, other) ? other : one));
  return { at: last('at'), notBefore: last('notBefore') };
}

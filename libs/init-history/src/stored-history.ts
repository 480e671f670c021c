/** A history that was stored: in the shape that it had then, and brought to the one that it has now. Pure. */
import type { PodHistory } from './history.js';

type Stored = Readonly<Record<string, unknown>>;

/** Brings a stored history from one version of its shape to the next. */
type HistoryStep = (stored: Stored) => Stored;

/**
 * Steps from version 1 on, one for each version that came after. Who changes the shape of `PodHistory`, or what a member of it means, adds
 * the step that reads the shape before: of a pod whose observations were dropped there is nothing else to begin with.
 */
const steps: readonly HistoryStep[] = [];

/** The version of the shape that histories have now. */
export const historyVersion: number = steps.length + 1;

/** A history that was stored as `version`, as it would be now; null where it came after this program, or is none. */
export function storedHistory(stored: unknown, version: number): PodHistory | null {
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return null;
  if (!Number.isInteger(version) || version < 1 || version > historyVersion) return null;
  return steps.slice(version - 1).reduce((read, step) => step(read), stored as Stored) as PodHistory;
}

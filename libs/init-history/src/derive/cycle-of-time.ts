import type { PodHistory } from '../history.js';
import { millis } from '../time.js';

/** The cycle in which an instance began: the newest that had begun by then. What has no time is of the newest. */
export function cycleOfTime(history: PodHistory, began: string | null): number {
  const at = millis(began);
  const started = (time: string | null): boolean => {
    const start = millis(time);
    return at === null || start === null || start <= at;
  };
  const cycle = history.cycles.findLast((one) => started(one.startedAt)) ?? history.cycles[0];
  return cycle?.number ?? 0;
}

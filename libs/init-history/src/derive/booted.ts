/** Which passes began by a boot of the node (semantics 2.4). */
import type { Boot } from '../context.js';
import { attemptsIn, containerOf, type CycleHistory, type PodHistory } from '../history.js';
import { earliest, millis } from '../time.js';

/** Two clocks, both cut to whole seconds. */
const skewMs = 3000;

/** When the first instance of a pass began; else the nearest that is known of its beginning. */
export function passBegan(history: PodHistory, cycle: Pick<CycleHistory, 'number' | 'startedAt'>): string | null {
  const attempts = Object.keys(history.containers).flatMap((name) =>
    attemptsIn(containerOf(history, name), cycle.number),
  );
  return earliest(attempts.map(({ startedAt }) => startedAt)) ?? cycle.startedAt;
}

/** What began then may have begun in this boot: the kubelet writes the boot id before it starts any pod. */
const mayBeIn = (time: string | null, { notBefore }: Boot): boolean =>
  (millis(time) ?? Infinity) >= (millis(notBefore) ?? -Infinity) - skewMs;

const isIn = (time: string | null, { at }: Boot): boolean =>
  (millis(time) ?? -Infinity) >= (millis(at) ?? Infinity) - skewMs;

/** The first pass in this boot: it began in it, and the one before it did not. */
export const beganByBoot = (boot: Boot, passBefore: string | null, pass: string | null): boolean =>
  mayBeIn(pass, boot) && !isIn(passBefore, boot);

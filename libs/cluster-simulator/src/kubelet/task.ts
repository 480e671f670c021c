import type { Clock } from '../api/clock.js';

/** Work that takes the cluster's time: each value is how many milliseconds pass before it goes on. */
export type Work<Result = void> = Generator<number, Result>;

/** Does `work` on the cluster's clock, and then `done` with what came of it. Returns the way to abandon it. */
export function perform<Result>(
  clock: Clock,
  work: Generator<number, Result>,
  done: (result: Result) => void,
): () => void {
  let cancel = (): void => undefined;
  const step = (): void => {
    const { value, done: over } = work.next();
    if (over) done(value);
    else if (Number.isFinite(value)) cancel = clock.after(value, step);
  };
  step();
  return () => cancel();
}

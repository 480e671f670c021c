/** What is told of a cycle at another time, where nothing has changed but that what runs has gone on. */
import type { Attempt, Cycle, Duration, InitContainerAccount, PhaseSlice } from '../account.js';
import { durationUntil, type Edge } from '../phases/edge.js';

/**
 * What does not run stays the same object.
 *
 * @param running from when on its durations run
 */
export function goneOn(cycle: Cycle, running: ReadonlyMap<Duration, Edge>, at: number): Cycle {
  const phases = mapped(cycle.phases, sliceUntil);
  const initContainers = mapped(cycle.initContainers, containerUntil);
  const whole = until(cycle);
  return phases === cycle.phases && initContainers === cycle.initContainers
    ? whole
    : { ...whole, phases, initContainers };

  function until<Told extends Readonly<{ duration: Duration }>>(told: Told): Told {
    const from = running.get(told.duration);
    return from ? { ...told, duration: durationUntil(from, at) } : told;
  }

  function sliceUntil(slice: PhaseSlice): PhaseSlice {
    return until(slice);
  }

  function containerUntil(container: InitContainerAccount): InitContainerAccount {
    const attempts = mapped<Attempt>(container.attempts, until);
    return attempts === container.attempts ? container : { ...container, attempts };
  }
}

/** The same list where nothing in it is another. */
export function mapped<Item>(items: readonly Item[], change: (item: Item) => Item): readonly Item[] {
  const next = items.map(change);
  return next.every((item, i) => item === items[i]) ? items : next;
}

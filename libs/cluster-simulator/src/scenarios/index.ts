import { blocked } from './blocked.js';
import { cycles } from './cycles.js';
import { failing } from './failing.js';
import { living } from './living.js';
import { nodeEnds } from './node-ends.js';
import { nodes } from './nodes.js';
import { outages } from './outages.js';
import { policies } from './policies.js';
import { preempted } from './preempted.js';
import type { Scenario } from './scenario.js';
import { sidecars } from './sidecars.js';
import { tutorials } from './tutorials.js';

/** All scenarios. A new one is an entry in one of these lists. */
export const scenarios: readonly Scenario[] = [
  ...tutorials,
  ...cycles,
  ...nodes,
  ...nodeEnds,
  ...blocked,
  ...failing,
  ...living,
  ...sidecars,
  ...policies,
  ...preempted,
  ...outages,
];

/**
 * The scenario of this name.
 *
 * @throws RangeError if there is none
 */
export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((one) => one.name === name);
  if (!found)
    throw new RangeError(`no scenario is called ${name}; there are ${scenarios.map((one) => one.name).join(', ')}`);
  return found;
}

export type { Scenario } from './scenario.js';

/**
 * What a look at a pod says has happened: the rules of semantics 8.2, one file a step, in their order. Each step sees the
 * history as the steps before it left it; the cycle is decided before what the containers did.
 */
import { evolve } from '../evolve/evolve.js';
import type { Happening } from '../happenings.js';
import type { PodHistory } from '../history.js';
import { firstLook, seenAgain } from './0-first-look.js';
import { specChanges } from './1-spec.js';
import { conditions } from './2-conditions.js';
import { placement } from './2-placement.js';
import { sandbox, sandboxInTurn } from './2-sandbox.js';
import { cycleBegins } from './3-cycle.js';
import { suspicion } from './3-suspicion.js';
import { containers } from './4-containers.js';
import { sidecarsPassed } from './4-sidecars.js';
import { awaiting } from './5-waiting.js';
import { completion } from './6-completion.js';
import { skipped } from './6-skipped.js';
import { ends } from './7-ends.js';
import { inOrder } from './8-order.js';
import { appStarted } from './app-started.js';
import type { Sight } from './sight.js';

export type Step = (history: PodHistory, sight: Sight) => readonly Happening[];

const steps: readonly Step[] = [
  firstLook,
  seenAgain,
  specChanges,
  conditions,
  placement,
  sandbox,
  cycleBegins,
  sandboxInTurn,
  suspicion,
  containers,
  sidecarsPassed,
  skipped,
  completion,
  appStarted,
  ends,
  awaiting,
];

export type Derived = Readonly<{ history: PodHistory; happenings: readonly Happening[] }>;

/** Runs steps one after another, each on the history that the ones before it made. */
export function follow(history: PodHistory, sight: Sight, rules: readonly Step[]): Derived {
  const happenings: Happening[] = [];
  let known = history;
  for (const step of rules) {
    const told = step(known, sight);
    known = told.reduce(evolve, known);
    happenings.push(...told);
  }
  return { history: known, happenings: inOrder(happenings) };
}

/** What a look at the pod's parts says has happened. */
export const derive = (history: PodHistory, sight: Sight): Derived => follow(history, sight, steps);

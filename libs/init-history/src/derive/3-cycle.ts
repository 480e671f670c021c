/**
 * Step 5, decided before what the containers did, so that they carry the right cycle (semantics 8.2 step 5): has another
 * pass through the init containers begun?
 */
import type { CycleCause } from '../account.js';
import { podSources } from '../category-source.js';
import type { Happening } from '../happenings.js';
import { newestCycle, type CycleHistory, type PodHistory } from '../history.js';
import { text } from '../snapshot.js';
import { before } from '../time.js';
import type { Beginning } from './beginning.js';
import { acceptance, firstCycle, passBefore } from './first-cycle.js';
import { sandboxRecreated } from './recreated.js';
import { initOfOlderSandbox } from './older-sandbox.js';
import { rerunsOf } from './reruns.js';
import { allRestarted, restartedUnseen } from './restart-all.js';
import { basisOf, nodeTime, type Sight } from './sight.js';
import { tell } from './tell.js';

const sources: Partial<Readonly<Record<CycleCause, string>>> = {
  sandboxRecreated: podSources.sandbox,
  nodeReboot: podSources.sandbox,
  restartAllContainers: podSources.restartAll,
};

/** What showed that a cycle had been cut off: what began the next one, else the container that ran again. */
const sourceOf = (cause: CycleCause): string => sources[cause] ?? podSources.rerun;

type Over = Pick<CycleHistory, 'number' | 'cause'>;

/**
 * How a cycle ended that another one followed: it was not finished, unless the first cycle's condition says that it had
 * been; and of one that was begun and over within one look, nothing is known.
 */
function endBefore(history: PodHistory, sight: Sight, { number, cause }: Over, next: Beginning): Happening {
  const initialized = sight.now.conditions['Initialized'];
  const initializedAt = text(initialized?.lastTransitionTime);
  const common = { container: null, cycle: number, basis: 'inferred', rule: 'began-again' } as const;
  if (cause === 'first' && initialized?.status === 'True' && before(initializedAt, next.when.at)) {
    return tell(history, sight, {
      type: 'InitializationCompleted',
      key: [number, 'condition', initializedAt],
      when: nodeTime(initializedAt, 'status.conditions.Initialized'),
      ...common,
      proof: 'condition',
      // written after the fact, on a busy node by seconds
      notBefore: newestCycle(history)?.startedAt ?? text(sight.now.status.startTime),
      attempts: 0,
    });
  }
  const seen = newestCycle(history)?.number === number;
  const category = next.cause === 'restartAllContainers' ? 'RESTART_ALL' : 'NODE_OR_RUNTIME_LOST';
  return tell(history, sight, {
    type: 'InitializationAborted',
    key: [number, next.proof],
    when: next.when,
    ...common,
    cause: seen ? 'beganAgain' : 'unknown',
    category: seen ? category : 'UNKNOWN',
    categorySource: sourceOf(next.cause),
    reason: next.cause,
    message: null,
  });
}

function begins(history: PodHistory, sight: Sight, beginning: Beginning, number: number): Happening {
  return tell(history, sight, {
    type: 'InitializationStarted',
    key: [number, beginning.proof],
    when: beginning.when,
    basis: beginning.cause === 'first' ? basisOf(sight) : 'inferred',
    ...(beginning.cause === 'first' ? {} : { rule: `cycle-${beginning.cause}` }),
    container: null,
    cycle: number,
    evidence: beginning.evidence,
    supersedes: beginning.supersedes,
    cause: beginning.cause,
    bootId: sight.context.node?.bootId ?? null,
    notBefore: beginning.notBefore,
  });
}

/**
 * The first look at a pod that a node has accepted: its first cycle, and those that are proven to have followed. Of one that is
 * found late, the pass before is told where the look still shows an instance of it.
 */
function fromTheFirst(history: PodHistory, sight: Sight): readonly Beginning[] {
  const first = firstCycle(sight);
  if (!first) return [];
  const startedAt = text(sight.now.status.startTime);
  const inPlace = restartedUnseen(sight);
  if (inPlace) return [acceptance(startedAt), inPlace];
  const isShown = rerunsOf(history, sight, 1).length + initOfOlderSandbox(sight).length > 0;
  if (first.cause !== 'first' && !isShown) return [first];
  const known = first.cause === 'first' ? acceptance(startedAt) : passBefore(sight);
  const since = { number: 1, startedAt: known.when.at, endedAt: null, bootId: null };
  const followed = sandboxRecreated(history, sight, since);
  return followed.length === 0 ? [first] : [known, ...followed];
}

function beginningsAfter(history: PodHistory, sight: Sight, cycle: CycleHistory): readonly Beginning[] {
  const inPlace = allRestarted(sight, cycle);
  return inPlace ? [inPlace] : sandboxRecreated(history, sight, cycle);
}

export function cycleBegins(history: PodHistory, sight: Sight): readonly Happening[] {
  const cycle = newestCycle(history);
  const found = cycle ? beginningsAfter(history, sight, cycle) : fromTheFirst(history, sight);
  const number = (cycle?.number ?? 0) + 1;
  return found.flatMap((beginning, i) => {
    const unfinished = i > 0 || cycle?.outcome === 'running';
    const over = { number: number + i - 1, cause: found[i - 1]?.cause ?? cycle?.cause ?? 'unknown' };
    const ended = unfinished ? [endBefore(history, sight, over, beginning)] : [];
    return [...ended, begins(history, sight, beginning, number + i)];
  });
}

/** One recorded observation folded into a pod's history. */
import { derive, follow, type Derived, type Step } from './derive/derive.js';
import { podGone } from './derive/gone.js';
import { begunOf, instancesOf, onlyCreated, syntheticKey, syntheticOf } from './derive/instances.js';
import { kubeEvent } from './derive/kube-event.js';
import { knownFromEvents } from './derive/known-from-events.js';
import { rebooted } from './derive/rebooted.js';
import { sandboxReread } from './derive/sandbox-reread.js';
import { withContext } from './evolve/context.js';
import { gapBefore } from './gaps.js';
import { sightOf, type Sight } from './derive/sight.js';
import { tell } from './derive/tell.js';
import { cycleOfTime } from './derive/cycle-of-time.js';
import type { Context } from './context.js';
import type { Happening } from './happenings.js';
import { cycleNumber, type CreatedInstance, type PodHistory, type Tally } from './history.js';
import type {
  KubeEventObserved,
  Look,
  NamespaceObserved,
  NodeObserved,
  ObservationGap,
  OwnerObserved,
  Parts,
  PodGone,
  PodObserved,
  WatchOpened,
} from './observations.js';
import { withTrace } from './unseen-pod.js';
import { layOver, text, type ContainerStatus } from './snapshot.js';

/** An observation at its place in the log. */
export type Recorded<T> = Readonly<{ position: number; recordedAt: string; observation: T }>;

/** What a pod's history is made of: its own observations, Events about it, and changes of its context, complete lists included. */
export type Input =
  | PodObserved
  | PodGone
  | KubeEventObserved
  | NodeObserved
  | OwnerObserved
  | NamespaceObserved
  | ObservationGap
  | WatchOpened;

/** The history with the observation folded in, and what it says has happened, in order. */
export type Advanced = Readonly<{ history: PodHistory; happenings: readonly Happening[] }>;

/** The newest instance of an app container, and the cycle it belongs to: known ones keep theirs. */
function appTally(history: PodHistory, status: ContainerStatus): Tally['apps'] {
  const newest = instancesOf(status).at(-1);
  const known = history.tally.apps[status.name];
  if (!newest || newest.containerId === known?.containerId) return {};
  const began = newest.startedAt ?? newest.ended?.finishedAt ?? null;
  return { [status.name]: { containerId: newest.containerId, cycle: cycleOfTime(history, began) } };
}

/** What the statuses count now. A lower number of begun instances is no news, unless the count itself was reset. */
function tallied(history: PodHistory, { now: view, position }: Sight): Tally {
  const restartCounts = { ...history.tally.restartCounts };
  const begun = { ...history.tally.begun };
  const synthetic = { ...history.tally.synthetic };
  const created: Record<string, CreatedInstance> = {};
  for (const status of view.initStatuses) {
    const count = status.restartCount;
    const reset = count < (restartCounts[status.name] ?? 0);
    begun[status.name] = reset ? begunOf(status) : Math.max(begunOf(status), begun[status.name] ?? 0);
    restartCounts[status.name] = count;
    const termination = syntheticOf(status);
    if (termination) synthetic[status.name] = syntheticKey(status, termination);
    const containerId = onlyCreated(status);
    const known = history.tally.created[status.name];
    if (containerId !== null && known?.containerId === containerId) created[status.name] = known;
    else if (containerId !== null)
      created[status.name] = { containerId, restartCount: count, cycle: cycleNumber(history), position };
  }
  const apps = view.statuses.reduce(
    (known, status) => ({ ...known, ...appTally(history, status) }),
    history.tally.apps,
  );
  return { restartCounts, begun, synthetic, created, apps };
}

/**
 * A look without the gates that the look before had: the last one was gone by then, and before a node was found. A pod that
 * was found without any, and not as it was created, may have had some before.
 */
function ungated(history: PodHistory, sight: Sight): Partial<PodHistory> {
  const { isGated, nodeName } = sight.now.spec;
  if (history.observedAt === null) return { gatesKnown: isGated || (sight.via === 'watch' && text(nodeName) === null) };
  if (!sight.before.spec.isGated || isGated) return {};
  const boundNow = sight.now.conditions['PodScheduled']?.status === 'True' ? history.scheduledAt : null;
  return { ungatedAt: boundNow ?? sight.receivedAt };
}

function settled(derived: Derived, sight: Sight, parts: Parts): Advanced {
  const { history, happenings } = derived;
  const tally = tallied(history, sight);
  return {
    history: withContext(
      { ...history, ...ungated(history, sight), parts, tally, position: sight.position, observedAt: sight.receivedAt },
      sight.context,
    ),
    happenings,
  };
}

/** The node's clock has nothing to say of a gap: it is told as it was recorded. */
function gapNoted(history: PodHistory, sight: Sight, gap: ObservationGap): readonly Happening[] {
  return [
    tell(history, sight, {
      type: 'ObservationGap',
      key: [gap.resource, gap.from, gap.to, gap.cause],
      when: { at: gap.from, atSource: 'from', precisionMs: 1, clock: 'watcher' },
      basis: 'observed',
      container: null,
      resource: gap.resource,
      from: gap.from,
      to: gap.to,
      cause: gap.cause,
    }),
  ];
}

/**
 * Folds one recorded observation into the history: lays its parts over what was known, derives what happened, and keeps
 * that. What was folded already (by position) changes nothing. It never throws: the past has happened.
 *
 * @param context the last observation of node, owners, namespace and gaps at or before this position
 */
export function advance(history: PodHistory, recorded: Recorded<Input>, context: Context): Advanced {
  const { position, observation } = recorded;
  if (history.position !== null && position <= history.position) return { history, happenings: [] };
  const look: Look = observation;
  const seen = {
    position,
    via: look.via,
    receivedAt: look.receivedAt,
    writes: Array.isArray(look.writes) ? look.writes : [],
    gap: gapBefore(recorded, context.gaps),
  };
  const sightWith = (parts: Parts): Sight => sightOf(seen, history.parts, parts, context);
  switch (observation.type) {
    case 'PodObserved': {
      const parts = layOver(history.parts, observation.parts);
      const sight = sightWith(parts);
      return settled(derive(history, sight), sight, parts);
    }
    case 'PodGone': {
      const parts = layOver(history.parts, observation.parts);
      const sight = sightWith(parts);
      // Of a pod that a list left out nothing was seen.
      const last = observation.how === 'missing' ? { history, happenings: [] } : derive(history, sight);
      const end = follow(last.history, sight, [(known, at) => podGone(known, at, observation)]);
      return settled({ history: end.history, happenings: [...last.happenings, ...end.happenings] }, sight, parts);
    }
    case 'KubeEventObserved':
      return annotated(
        traced(history, position, observation),
        sightWith(history.parts),
        (known, at) => kubeEvent(known, at, observation),
        knownFromEvents,
      );
    case 'NodeObserved':
      return annotated(history, sightWith(history.parts), sandboxReread, rebooted);
    case 'ObservationGap':
      return annotated(history, sightWith(history.parts), (known, at) => gapNoted(known, at, observation));
    case 'WatchOpened':
      return annotated(history, sightWith(history.parts), knownFromEvents);
    case 'OwnerObserved':
    case 'NamespaceObserved':
      return annotated(history, sightWith(history.parts));
  }
}

/** Of a pod that no frame has shown, what its Events prove is kept. */
const traced = (history: PodHistory, position: number, { event }: KubeEventObserved): PodHistory =>
  history.first === null ? { ...history, unseen: withTrace(history.unseen, event, position) } : history;

/** What is no look at the pod itself adds happenings, and leaves the pod's parts as they were. */
function annotated(history: PodHistory, sight: Sight, ...steps: readonly Step[]): Advanced {
  const derived = follow(history, sight, steps);
  const known = { ...derived.history, position: sight.position };
  return { history: withContext(known, sight.context), happenings: derived.happenings };
}

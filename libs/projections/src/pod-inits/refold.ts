/** Folds one pod again from what the log and the tables of context hold: the same as if it had been followed. Pure. */
import { isUnresolved } from '#libs/init-history';
import type { Happening } from '#libs/init-history';
import { concerns } from '../context/context-book.js';
import type { ContextBook } from '../context/context-book.js';
import type { Twin } from '../context/context-table.js';
import { tellsOtherwise, toObservation, toOwnerContext } from '../context/context-version.js';
import type { ContextVersion } from '../context/context-version.js';
import { namesAfter, unnamed } from '../context/pod-names.js';
import type { PodNames } from '../context/pod-names.js';
import { BegunBelow, podOf } from '../horizon/seeds.js';
import type { Seed } from '../horizon/seeds.js';
import { foldInput, ours, unseenPod } from './pod-fold.js';
import type { Derivation, Input, Moving, PodFold } from './pod-fold.js';

/** What happened by one event of the log, at its position. */
export type HappenedAt = Readonly<{ position: number; recordedAt: string; happenings: readonly Happening[] }>;

/** The log's events of one pod, and what is kept of those that were dropped. Lists in the order of positions. */
export type PodStream = Readonly<{
  uid: string;
  seed: Seed | null;
  own: readonly Input<Moving>[];
  /** Of a mirror pod: the Events of its static twin, those from before its first observation included. */
  ofTwin: readonly Input<Moving>[];
  /** All mirrors that stood for its static pod, itself included. */
  mirrors: readonly Twin[];
}>;

/** A pod as of one event of the log. */
export type FoldedAt = HappenedAt & Readonly<{ fold: PodFold }>;

/** A pod folded, every step on the way, and what happened by which. */
export type Refolded = Readonly<{ fold: PodFold; happened: readonly HappenedAt[]; steps: readonly FoldedAt[] }>;

/**
 * Folds `stream` with all that `book` (which holds every version up to the position in question) says of what the pod names.
 *
 * @throws BegunBelow where these rules cannot read what is kept of it from below the horizon
 */
export function refold(stream: PodStream, book: ContextBook, rules = ours): Refolded {
  const steps = [...stepsOf(stream), ...contextSteps(stream, book)].toSorted((a, b) => a.position - b.position);
  const folds: FoldedAt[] = [];
  const horizon = stream.seed?.horizon ?? 0;
  let fold = beginningOf(stream, rules);
  for (const step of steps) {
    if (step.position < horizon || !step.applies(fold)) continue;
    const happenings: Happening[] = [];
    for (const input of step.inputs) {
      const folded = foldInput(fold, input, book, rules);
      fold = folded.fold;
      happenings.push(...folded.happenings);
    }
    folds.push({ position: step.position, recordedAt: step.recordedAt, happenings, fold });
  }
  return { fold, steps: folds, happened: folds.filter(({ happenings }) => happenings.length > 0) };
}

/** What the fold of the stream begins with: nothing, or what is kept of it from below the horizon. */
function beginningOf({ uid, seed }: PodStream, rules: Derivation): PodFold {
  if (seed === null) return unseenPod(uid, rules);
  const pod = podOf(uid, seed, rules);
  if (pod !== null) return pod;
  throw new BegunBelow(
    `what was observed of it before position ${seed.horizon} was dropped, and rules ${rules.RULES} cannot read what rules ${seed.rules} kept of that`,
  );
}

/** What the pod named at any time: whose context has to be at hand to fold it again. */
export function everNamed({ seed, own }: Pick<PodStream, 'seed' | 'own'>): readonly PodNames[] {
  let names = seed?.fold.names ?? unnamed;
  return [names, ...own.map(({ observation }) => (names = namesAfter(names, observation)))];
}

type Step = Readonly<{
  position: number;
  recordedAt: string;
  inputs: readonly Input<Moving>[];
  applies: (fold: PodFold) => boolean;
}>;

const always = (): boolean => true;

/** Events of the twin from before the mirror was seen were nobody's until then: they are folded with its first observation, and tell at its position. */
function stepsOf({ seed, own, ofTwin }: PodStream): readonly Step[] {
  const shown = own.find(({ observation }) => observation.type === 'PodObserved');
  const wasShown = typeof seed?.fold.names.twin === 'string';
  const early = wasShown ? [] : ofTwin.filter(({ position }) => shown === undefined || position < shown.position);
  return [
    ...own.map((input) => ({ ...at(input), inputs: input === shown ? [...early, input] : [input], applies: always })),
    ...ofTwin
      .filter((input) => !early.includes(input))
      .map((input) => ({ ...at(input), inputs: [input], applies: always })),
  ];
}

function contextSteps(stream: PodStream, book: ContextBook): readonly Step[] {
  const ofContext = [...reachable(stream, book)].flatMap((key) =>
    moved(book.versions(key)).map((version) => toStep(key, version)),
  );
  const ofGaps = book.gaps.map((gap) => ({
    ...at(gap),
    inputs: [toInput(gap, gap.observation)],
    // Who follows finds the pods that a gap concerns by their namespaces: of an erased one none is known.
    applies: ({ living, names }: PodFold) => living && names.namespace !== null && concerns(gap, names),
  }));
  const ofLists = book.lists.map((list) => ({
    ...at(list),
    inputs: [toInput(list, list.observation)],
    applies: ({ history, names }: PodFold) => isUnresolved(history) && concerns(list, names),
  }));
  return [...ofContext, ...ofGaps, ...ofLists];
}

/** The versions that tell a derivation something else than the one before. */
function moved(versions: readonly ContextVersion[]): readonly ContextVersion[] {
  return versions.filter((version, index) => tellsOtherwise(versions[index - 1], version));
}

function toStep(key: string, version: ContextVersion): Step {
  return {
    ...at(version),
    inputs: [toInput(version, toObservation(version))],
    applies: ({ living, keys }) => living && keys.includes(key),
  };
}

function reachable(stream: PodStream, book: ContextBook): ReadonlySet<string> {
  const keys = new Set<string>();
  const add = (key: string): void => {
    if (keys.has(key)) return;
    keys.add(key);
    if (!key.startsWith('owner:')) return;
    const references = book.versions(key).flatMap((version) => toOwnerContext(version).ownerReferences);
    for (const { uid, controller } of references) if (controller === true) add(`owner:${uid}`);
  };
  for (const names of everNamed(stream)) for (const key of book.keysOf(names)) add(key);
  return keys;
}

type Placed = Readonly<{ position: number; recordedAt: string }>;

const at = ({ position, recordedAt }: Placed): Placed => ({ position, recordedAt });

const toInput = (placed: Placed, observation: Moving): Input<Moving> => ({ ...at(placed), streamId: '', observation });

/** One pod while its log is followed: its history, what it names, whether it lives. Pure. */
import { RULES, advance, isUnresolved, nothingKnown, podAccount, storedHistory } from '#libs/init-history';
import type { Happening, Observation, PodHistory } from '#libs/init-history';
import type { ContextBook } from '../context/context-book.js';
import { namesAfter, unnamed } from '../context/pod-names.js';
import type { PodNames } from '../context/pod-names.js';

/** An event of the log with its body read. */
export type Input<Seen extends Observation = Observation> = Readonly<{
  streamId: string;
  position: number;
  /** RFC 3339 with microseconds. */
  recordedAt: string;
  observation: Seen;
}>;

/** One way of reading observations: what `#libs/init-history` exports, of this version or of another. */
export type Derivation = Readonly<{
  RULES: string;
  nothingKnown: PodHistory;
  advance: typeof advance;
  podAccount: typeof podAccount;
  /** Reads what is kept of pods whose first observations were dropped; undefined of versions that knew of no such. */
  storedHistory?: typeof storedHistory | undefined;
}>;

/** The rules of this version. */
export const ours: Derivation = { RULES, nothingKnown, advance, podAccount, storedHistory };

/** What moves a pod: what was observed of it, of what it names, and gaps. */
export type Moving = Parameters<typeof advance>[1]['observation'];

/** A pod as of the last input that concerned it. */
export type PodFold = Readonly<{
  uid: string;
  history: PodHistory;
  names: PodNames;
  /** False before its first own observation and after it is gone: then nothing that it names moves it any more. */
  living: boolean;
  /** What its account rests on: `node:…`, `namespace:…`, `owner:…` while it lives; `unresolved:…` while only Events tell of it. */
  keys: readonly string[];
}>;

/** A fold and what happened by it. */
export type Folded = Readonly<{ fold: PodFold; happenings: readonly Happening[] }>;

/** A pod of which nothing is known yet. */
export const unseenPod = (uid: string, rules = ours): PodFold => ({
  uid,
  history: rules.nothingKnown,
  names: unnamed,
  living: false,
  keys: [],
});

/**
 * Folds one input in: an observation or Event of the pod, a gap, or a change of what the pod names. `book` holds what was known as
 * of the input's position, the input itself included.
 */
export function foldInput(fold: PodFold, input: Input<Moving>, book: ContextBook, rules = ours): Folded {
  const { observation, position, recordedAt } = input;
  const names = namesAfter(fold.names, observation);
  const context = book.contextOf(names, position);
  const { history, happenings } = rules.advance(fold.history, { position, recordedAt, observation }, context);
  const living = isLiving(fold.living, observation);
  return {
    fold: {
      uid: fold.uid,
      history,
      names,
      living,
      keys: living ? book.keysOf(names, position) : waitingFor(history, names),
    },
    happenings,
  };
}

/** A pod of which there are Events alone waits for the next list of its namespace. */
const waitingFor = (history: PodHistory, { namespace }: PodNames): readonly string[] =>
  isUnresolved(history) && namespace !== null ? [`unresolved:${namespace}`] : [];

function isLiving(before: boolean, observation: Observation): boolean {
  if (observation.type === 'PodObserved') return true;
  return observation.type === 'PodGone' ? false : before;
}

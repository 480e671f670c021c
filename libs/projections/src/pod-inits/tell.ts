/** Folds an input into a pod, and makes the rows of what is then told. Pure: whatever fails here is a bug, and parks the pod alone. */
import { declaredInitContainers, isTold, podAccount } from '#libs/init-history';
import type { Happening, PodAccount } from '#libs/init-history';
import type { ContextBook } from '../context/context-book.js';
import { namesAfter } from '../context/pod-names.js';
import { findingRows } from './finding-rows.js';
import { initAttemptRows } from './init-attempt-rows.js';
import type { Standing, Telling } from './pod-cache.js';
import { foldInput } from './pod-fold.js';
import type { Input, Moving, PodFold } from './pod-fold.js';
import { podInitRows } from './pod-init-rows.js';
import type { FindingRow, InitAttemptRow, Moment, PodInitRow } from './read-model-rows.js';

/** A pod after an input. */
export type Heard = Readonly<{
  fold: PodFold;
  happenings: readonly Happening[];
  /** The static pod of which this one was just seen to be the mirror. */
  claims: string | null;
  /** Null as long as only Events speak of it, and a frame may still show it. */
  account: PodAccount | null;
}>;

/** @param early gives the Events of a static twin from before its mirror was seen: they are the mirror's first ones */
export function hear(
  before: PodFold,
  input: Input<Moving>,
  book: ContextBook,
  early: (twin: string) => readonly Input<Moving>[],
): Heard {
  const { twin } = namesAfter(before.names, input.observation);
  const claims = twin !== null && before.names.twin !== twin ? twin : null;
  const happenings: Happening[] = [];
  let fold = before;
  for (const each of claims === null ? [input] : [...early(claims), input]) {
    const next = foldInput(fold, each, book);
    fold = next.fold;
    happenings.push(...next.happenings);
  }
  return { fold, happenings, claims, account: accountOf(fold, input, book) };
}

/** What is told of a pod as of an input: durations that run end when that was recorded. */
export function accountOf(
  { history, names }: PodFold,
  { position, recordedAt }: Pick<Input, 'position' | 'recordedAt'>,
  book: ContextBook,
): PodAccount | null {
  if (!isTold(history)) return null;
  return podAccount(history, Date.parse(recordedAt), book.contextOf(names, position));
}

/** The rows of a pod by their keys: cycles by number, attempts by container and container id, findings by what they are and of whom. */
export type PodRows = Readonly<{
  inits: ReadonlyMap<string, PodInitRow>;
  attempts: ReadonlyMap<string, InitAttemptRow>;
  findings: ReadonlyMap<string, FindingRow>;
}>;

/** What is told of a pod, to be held against what was told before: where both are served alike, no row changes. */
export const tellingOf = ({ account, fold }: Heard, standing: Standing | null): Telling | null =>
  account && { account, declared: declaredInitContainers(fold.history), deadline: standing?.deadline ?? null };

/** The rows that say what is told. */
export function rowsOf(telling: Telling | null, moment: Moment): PodRows {
  if (telling === null) return { inits: new Map(), attempts: new Map(), findings: new Map() };
  const told = { ...telling, moment };
  return {
    inits: new Map(podInitRows(told).map((row) => [String(row.cycle), row])),
    findings: new Map(findingRows(told).map((row) => [row.finding_key, row])),
    attempts: new Map(initAttemptRows(told).map((row) => [`${row.container} ${row.container_id}`, row])),
  };
}

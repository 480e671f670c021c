import type { PodAccount } from '../account.js';
import { podAccount } from '../account/pod-account.js';
import { noContext, type Context } from '../context.js';
import type { Happening } from '../happenings.js';
import { nothingKnown } from '../history.js';
import { frame, frameEpoch, frameUid, type Frame } from './frame.js';
import { Watched, type LookAt } from './watch.js';

/** Looks at frames, a second apart, one after another. */
export function watched(frames: readonly (Frame | LookAt)[], context: Context = noContext): Watched {
  const all = new Watched(context);
  frames.forEach((one, i) => {
    const receivedAt = new Date(frameEpoch + i * 1000 + 500).toISOString();
    all.look('pod' in one ? one : { pod: frame(one), receivedAt });
  });
  return all;
}

/** What is told of the pod, ten minutes after its creation. */
export const told = (all: Watched, context: Context = noContext): PodAccount =>
  podAccount(all.pods.get(frameUid) ?? nothingKnown, frameEpoch + 600_000, context);

/** What is told after these frames. */
export const toldOf = (...frames: readonly (Frame | LookAt)[]): PodAccount => told(watched(frames));

/** Cause and outcome of each cycle. */
export const cyclesOf = (account: PodAccount): readonly string[] =>
  account.cycles.map(({ cause, outcome }) => `${cause} ${outcome}`);

/** All happenings so far. */
export const happeningsOf = (all: Watched): readonly Happening[] => all.happenings.get(frameUid) ?? [];

/** Types of all happenings so far. */
export const typesOf = (all: Watched): readonly string[] => happeningsOf(all).map(({ type }) => type);

/** The happenings of one kind so far. */
export const allOf = <Type extends Happening['type']>(
  all: Watched,
  type: Type,
): readonly Extract<Happening, { type: Type }>[] =>
  happeningsOf(all).filter((one): one is Extract<Happening, { type: Type }> => one.type === type);

/** The newest happening of one kind. */
export const lastOf = <Type extends Happening['type']>(
  all: Watched,
  type: Type,
): Extract<Happening, { type: Type }> | undefined => allOf(all, type).at(-1);

/** Cycle and exit code, or outcome, of each attempt of a container. */
export const exitsOf = (account: PodAccount, name: string): readonly string[] =>
  account.cycles.flatMap(({ number, initContainers }) =>
    initContainers
      .filter((one) => one.name === name)
      .flatMap(({ attempts }) => attempts.map(({ exitCode, outcome }) => `${number}: ${exitCode ?? outcome}`)),
  );

import { recordings, type Recording } from '../../../../test/recordings/reader.js';
import { scenarios } from './index.js';

/** Recordings of what is not simulated, and why not. */
const unplayed: Readonly<Record<string, string>> = {};

const reasonOf = ({ scenario }: Recording): string | undefined =>
  scenarios.some(({ name }) => name === scenario)
    ? undefined
    : (unplayed[scenario] ?? 'no such scenario is written yet');

/** The recordings that the simulator is compared with, frame by frame. */
export const comparisons: readonly Recording[] = recordings().filter((one) => reasonOf(one) === undefined);

/** The others, each with its reason. */
export const notPlayed: readonly (Recording & Readonly<{ why: string }>)[] = recordings().flatMap((one) => {
  const why = reasonOf(one);
  return why === undefined ? [] : [{ ...one, why }];
});

/** What main.ts and a process of runner.ts say to each other. */

/** Argument of a runner: mutants are numbered through the files in their order. `on`: the mutant that is on while modules load. */
export type Order = Readonly<{ files: readonly string[]; specs: readonly string[]; on: number | null }>;

/** `mutants`: those it comes by. `asked`: how often it asks for any. */
export type CoveredTest = Readonly<{
  spec: string;
  name: string;
  ms: number;
  asked: number;
  mutants: readonly number[];
}>;

/** `loaded`: mutants that modules come by while they load. */
export type Covered = Readonly<{ loaded: readonly number[]; tests: readonly CoveredTest[] }>;

/** A test by its number among the collected ones, and how often it may ask before it goes round without end. */
export type Try = Readonly<{ test: number; most: number }>;
export type Judge = Readonly<{ mutant: number; tries: readonly Try[] }>;

/** `by`: number of the test that failed. */
export type Answer = Readonly<{ covered: Covered }> | Readonly<{ by: number | null }>;

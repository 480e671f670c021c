import type { CycleCause } from '../account.js';
import type { Moment } from './sight.js';

/** A cycle that has begun: why, when, when, and which facts say so. */
export type Beginning = Readonly<{
  cause: CycleCause;
  when: Moment;
  notBefore: string | null;
  proof: string;
  evidence: readonly number[];
  /** The happening that had told of it as a suspicion. */
  supersedes: string | null;
}>;

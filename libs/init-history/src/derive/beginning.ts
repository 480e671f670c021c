import type { CycleCause } from '../account.js';
import type { Moment } from './sight.js';

/** Why another cycle has begun, when, and which facts say so. */
export type Beginning = Readonly<{
  cause: CycleCause;
  when: Moment;
  notBefore: string | null;
  proof: string;
  evidence: readonly number[];
}>;

import path from 'node:path';

import { ran, type Ran } from '#testing/platform';

const verifier = path.resolve(import.meta.dirname, '../../../../deploy/audit/verify.mjs');

/** What the verifier says that shares no code with us. */
export const audited = (...args: readonly string[]): Promise<Ran> => ran(verifier, ...args);

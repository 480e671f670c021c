/** What the properties of a kill set are run with: the same few lives for each mutant, and no search for the smallest. */
import * as fc from 'fast-check';

fc.configureGlobal({ seed: 1, numRuns: 25, endOnFailure: true });

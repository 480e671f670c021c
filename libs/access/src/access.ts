import { createHash, timingSafeEqual } from 'node:crypto';
import { AuditError } from '#libs/platform';
import { bearerOf } from './bearer.js';
import { seesAll, type Viewer } from './viewer.js';

/** Finds out who asks. Fails closed: whoever cannot be told is nobody. */
export type Access = Readonly<{
  /**
   * @param authorization the header, as it came
   * @throws AuditError `unauthenticated`, or `cluster-unreachable` where Kubernetes cannot say
   */
  viewerOf(authorization: string | undefined): Promise<Viewer>;
}>;

/** On loopback, whoever reaches the port is on this machine: everybody sees everything. */
export const openAccess: Access = { viewerOf: () => Promise.resolve(seesAll('loopback')) };

/** Whoever holds the one token sees everything. */
export function tokenAccess(token: string): Access {
  const right = digest(token);
  return {
    viewerOf: async (authorization) => {
      const given = bearerOf(authorization);
      if (!timingSafeEqual(digest(given), right))
        throw new AuditError('unauthenticated', 'This bearer token is not the one that is accepted here');
      return Promise.resolve(seesAll('token'));
    },
  };
}

/** Digests are compared, so that neither the length nor the first wrong character shows in the time it takes. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

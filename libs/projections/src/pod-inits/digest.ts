import { hash } from 'node:crypto';

/** A short name for all that a row serves: rows with equal digests say the same. */
export const digestOf = (served: unknown): string => hash('sha1', JSON.stringify(served), 'base64url');

import type { Pool } from '#libs/platform';

/**
 * What answers a question in SQL: a pool of `#libs/platform`, or a connection within a transaction. A timestamptz comes as RFC 3339 text
 * with microseconds and an int8 as a number, as those pools read them.
 */
export type Queryable = Pick<Pool, 'query'>;

/** True for what a column of type uuid takes. Owners of other kinds of uid are not looked up. */
export const isUuid = (uid: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uid);

import { hash } from 'node:crypto';

/** A short name for all that a row serves: rows with equal digests say the same. */
export const digestOf = (served: object): string => digestOfJson(JSON.stringify(served));

/** The same of a row, without its document, and of that as it is written. */
export const digestWithDoc = (row: object, doc: string): string =>
  digestOfJson(`${JSON.stringify(row).slice(0, -1)},"doc":${doc}}`);

const digestOfJson = (json: string): string => hash('sha1', json, 'base64url');

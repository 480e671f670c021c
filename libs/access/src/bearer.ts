import { AuditError } from '#libs/platform';

/** The token of an Authorization header. @throws AuditError `unauthenticated` where there is none */
export function bearerOf(authorization: string | undefined): string {
  const token = /^Bearer +([A-Za-z0-9._~+/=-]{1,16384}) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) {
    throw new AuditError('unauthenticated', 'A bearer token is needed', {
      remedy: 'Send the header Authorization: Bearer TOKEN',
    });
  }
  return token;
}

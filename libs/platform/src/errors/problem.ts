import { STATUS_CODES } from 'node:http';

import { AuditError, statusOf } from './audit-error.js';

/** The media type of an error answer (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** An RFC 9457 problem document. `code` is ours and stable; `type` is a URN made of it. */
export type Problem = Readonly<{
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  remedy?: string;
  instance?: string;
  [member: string]: unknown;
}>;

/**
 * The body that answers `error`. What is not an `AuditError` is a bug or an outage: it is answered 500 without details,
 * and it is for the caller of this function to log it.
 */
export function toProblem(error: unknown, instance?: string): Problem {
  if (!(error instanceof AuditError)) {
    return problem(
      { code: 'internal', status: 500, detail: 'Something went wrong here. The log has the details.' },
      instance,
    );
  }
  const { code, message, remedy, details } = error;
  return problem(
    { ...details, code, status: statusOf[code], detail: message, ...(remedy ? { remedy } : {}) },
    instance,
  );
}

function problem(
  members: Readonly<{ code: string; status: number; detail: string; [member: string]: unknown }>,
  instance: string | undefined,
): Problem {
  return {
    type: `urn:initledger:error:${members.code}`,
    title: STATUS_CODES[members.status] ?? 'Error',
    ...members,
    ...(instance === undefined ? {} : { instance }),
  };
}

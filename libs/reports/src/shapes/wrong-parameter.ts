import { AuditError } from '#libs/platform';

/** The refusal of one parameter, by its name: `detail` goes on from the name (“is not a time”). */
export const wrongParameter = (parameter: string, detail: string): AuditError =>
  new AuditError('query-invalid', `${parameter} ${detail}`, { details: { errors: [{ parameter, detail }] } });

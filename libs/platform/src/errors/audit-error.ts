/**
 * Every way this service refuses, by stable code, with the HTTP status it is answered with. The code is the contract;
 * the message is for people. Codes of a start that cannot succeed are 500: nobody will be there to answer them.
 */
export const statusOf = {
  // What a caller asked wrongly.
  'request-invalid': 400,
  'query-invalid': 400,
  'cursor-invalid': 400,
  'query-too-complex': 400,
  unauthenticated: 401,
  forbidden: 403,
  'route-unknown': 404,
  'pod-unknown': 404,
  'workload-unknown': 404,
  'postmortem-unknown': 404,
  'method-not-allowed': 405,
  'format-unsupported': 406,
  conflict: 409,
  'history-expired': 410,
  'body-too-large': 413,
  'media-type-unsupported': 415,
  'too-many-requests': 429,
  'headers-too-large': 431,

  // What is not there at the moment: ask again.
  'position-ahead': 503,
  'not-ready': 503,
  'database-unreachable': 503,
  'database-version': 503,
  'cluster-unreachable': 503,

  // The log.
  'writer-fenced': 409,
  'event-invalid': 500,
  'log-has-hole': 500,
  'log-forked': 500,
  'history-kept': 409,
  'hold-unknown': 404,
  'proof-unknown': 404,
  'shard-unknown': 404,
  'shard-closed': 409,
  'archive-invalid': 500,
  'archive-unproved': 500,
  'archive-unwritable': 500,
  'archive-refused': 409,

  // A start that cannot succeed until somebody does what the remedy says.
  'settings-invalid': 500,
  'port-taken': 500,
  'data-folder-in-use': 500,
  'data-folder-unusable': 500,
  'data-folder-full': 500,
  'data-folder-foreign': 500,
  'embedded-postgres-failed': 500,
  'database-too-old': 500,
  'database-newer': 500,
  'database-changed': 500,
  'database-rights-missing': 500,
  'kubeconfig-missing': 500,
  'kubeconfig-invalid': 500,
  'context-missing': 500,
  'context-unknown': 500,
  'credential-plugin-missing': 500,
  'mask-key-invalid': 500,
  'recording-unreadable': 500,
  'recording-invalid': 500,
  'ledger-key-invalid': 500,
  'rules-unusable': 500,
  'slices-divided-otherwise': 500,
  'recording-unwritable': 500,
  internal: 500,
} as const satisfies Record<string, number>;

/** The stable name of a refusal. */
export type AuditErrorCode = keyof typeof statusOf;

/** What an `AuditError` may carry beside its message. */
export type AuditErrorOptions = Readonly<{
  /** What the reader can do about it, as a sentence or an exact command. */
  remedy?: string | undefined;
  cause?: unknown;
  /** More members of the problem document, such as `historyFrom`. */
  details?: Readonly<Record<string, unknown>> | undefined;
}>;

/** A refusal the caller can act on. Anything else that is thrown is a bug or an outage, and is logged as one. */
export class AuditError extends Error {
  override readonly name = 'AuditError';
  readonly remedy: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: AuditErrorCode,
    message: string,
    options: AuditErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.remedy = options.remedy;
    this.details = options.details ?? {};
  }
}

/** Whether `error` is the refusal with this code. */
export function isAuditError(error: unknown, code?: AuditErrorCode): error is AuditError {
  return error instanceof AuditError && (code === undefined || error.code === code);
}

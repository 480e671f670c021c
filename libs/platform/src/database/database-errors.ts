import { AuditError } from '../errors/audit-error.js';

/** The SQLSTATE of a PostgreSQL error, else the `code` of a socket's error; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  // Node tries IPv6 and IPv4 and reports both failures in one.
  return error instanceof AggregateError ? errorCode(error.errors[0]) : undefined;
}

const SOCKET_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const LOST_CONNECTION =
  /connection terminated|timeout expired|timeout exceeded when trying to connect|query read timeout|connection timeout|client has encountered a connection error|not queryable|socket/iu;

/** Whether the connection, and not the statement, is what failed: the server is away, starting, stopping, or was cut off. */
export function isConnectionError(error: unknown): boolean {
  const code = errorCode(error);
  if (code !== undefined) return SOCKET_ERRORS.has(code) || code.startsWith('08') || code.startsWith('57P');
  return error instanceof Error && LOST_CONNECTION.test(error.message);
}

/** A database URL as it may be shown: without password. */
export function shownUrl(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  shown.search = '';
  return shown.href;
}

/** The refusal when the database does not answer, with what it said. */
export function databaseUnreachable(url: string, cause: unknown): AuditError {
  const said =
    cause instanceof AggregateError
      ? cause.errors.map(String).join('; ')
      : String(cause instanceof Error ? cause.message : cause);
  return new AuditError('database-unreachable', `The database ${shownUrl(url)} does not answer: ${said}`, {
    cause,
    remedy: 'Check that it runs and that DATABASE_URL names its host, port, user, password and database.',
  });
}

/** Why the API server, or the way to it, did not give what was asked. */
export type KubernetesErrorReason =
  /** No answer: refused, reset, no name, wrong certificate. */
  | 'unreachable'
  /** The kubeconfig's credentials could not be had, from its plugin or its files. */
  | 'credentials'
  /** 401: credentials that the server does not take. */
  | 'unauthorized'
  /** 403: a right is missing. */
  | 'forbidden'
  | 'notFound'
  | 'conflict'
  /** 400 or 422: the server does not understand the question. */
  | 'invalid'
  /** The position, or the continue token, is older than what the server remembers: list again. */
  | 'expired'
  /** The position is ahead of this server, after a fail-over or a restore. */
  | 'ahead'
  /** 429: wait as told. */
  | 'throttled'
  /** A stream that was cut in mid-line, or holds what is no frame: never skipped. */
  | 'broken'
  /** A stream on which nothing came for longer than a living one is quiet. */
  | 'silent'
  /** Everything else that the server refuses, 5xx above all. */
  | 'server';

/** A question to the Kubernetes API that was not answered. The message names the question and what the server said. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  /** HTTP status, or the code of the Status in an ERROR frame. Null where there was none. */
  readonly status: number | null;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(
    readonly reason: KubernetesErrorReason,
    message: string,
    options: ErrorOptions & { status?: number; retryAfterMs?: number | null } = {},
  ) {
    super(message, options);
    this.status = options.status ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** True for a KubernetesError with one of these reasons. */
export function isKubernetesError(error: unknown, ...reasons: KubernetesErrorReason[]): error is KubernetesError {
  return error instanceof KubernetesError && (reasons.length === 0 || reasons.includes(error.reason));
}

/** The parts of a `metav1.Status` that say why. */
export type Status = Readonly<{
  kind?: string;
  code?: number;
  reason?: string;
  message?: string;
  details?: { retryAfterSeconds?: number; causes?: readonly { reason?: string; message?: string }[] };
}>;

/** Reads a refusal: of an HTTP response, or of the Status that an ERROR frame carries (semantics 6.2). */
export function refusal(question: string, code: number, status: Status, retryAfterSeconds?: number): KubernetesError {
  const seconds = retryAfterSeconds ?? status.details?.retryAfterSeconds;
  const said = status.message ? `: ${status.message}` : '';
  return new KubernetesError(reasonOf(code, status), `${question} was answered ${code}${said}`, {
    status: code,
    retryAfterMs: seconds === undefined ? null : seconds * 1000,
  });
}

function reasonOf(code: number, status: Status): KubernetesErrorReason {
  if (isAhead(status)) return 'ahead';
  switch (code) {
    case 400:
    case 422:
      return 'invalid';
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'notFound';
    case 409:
      return 'conflict';
    case 410:
      return 'expired';
    case 429:
      return 'throttled';
    default:
      return 'server';
  }
}

function isAhead({ details, message }: Status): boolean {
  if (details?.causes?.some(({ reason }) => reason === 'ResourceVersionTooLarge')) return true;
  return message?.startsWith('Too large resource version') ?? false;
}

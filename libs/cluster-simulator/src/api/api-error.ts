import type { Fields } from './kube-object.js';

/** One reason among several why an object was refused. */
export type StatusCause = { reason?: string; message: string; field?: string };

/** What a refusal says besides its message. */
export type StatusDetails = {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
};

type Refusal = { code: number; reason: string; message: string; details?: StatusDetails };

/** Every refusal of the API, as the `Status` body that kube-apiserver answers with. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor({ code, reason, message, details }: Refusal) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The body, in the order of fields that Go writes. `metadata` of a continuation goes with an expired list. */
  toStatus(metadata: Fields = {}): Fields {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata,
      status: 'Failure',
      message: this.message,
      ...(this.reason && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

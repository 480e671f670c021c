import { ApiError } from './api-error.js';
import { badRequest } from './refusals.js';

/** Where the rest of a list begins: at which revision, behind which key. */
export type Continuation = { revision: number; after: string };

/** The token of a continuation, as kube-apiserver writes it (`apiserver:pkg/storage/continue.go`). -1 means the newest revision. */
export function writeContinue({ revision, after }: Continuation): string {
  const token = JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `/${after}\u0000` });
  return Buffer.from(token).toString('base64url');
}

/**
 * Reads a token.
 *
 * @throws ApiError 400
 */
export function readContinue(token: string): Continuation {
  const invalid = (why: string) => badRequest(`invalid continue token: continue key is not valid${why}`);
  const text = Buffer.from(token, 'base64url').toString();
  let read: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    read = JSON.parse(text) as typeof read;
  } catch {
    throw invalid(`: invalid character '${text[0] ?? ''}' looking for beginning of value`);
  }
  if (read.v !== 'meta.k8s.io/v1') throw invalid(`: server does not recognize this encoded version ${String(read.v)}`);
  if (typeof read.rv !== 'number' || read.rv === 0)
    throw invalid(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof read.start !== 'string' || read.start === '')
    throw invalid(': encoded start key empty (version meta.k8s.io/v1)');
  return { revision: read.rv, after: read.start.replace(/^\//, '').replaceAll('\u0000', '') };
}

const tooOld =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** The 410 for a token whose revision is gone; with it goes a token for an inconsistent rest. */
export class ContinueExpired extends ApiError {
  constructor(private readonly after: string) {
    super({ code: 410, reason: 'Expired', message: tooOld });
  }

  override toStatus(): ReturnType<ApiError['toStatus']> {
    return super.toStatus({ continue: writeContinue({ revision: -1, after: this.after }) });
  }
}

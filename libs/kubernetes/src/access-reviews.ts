import type { Door } from './transport.js';

/** A right, in the words of a SubjectAccessReview: of a resource, or of a path. */
export type Right = Readonly<
  | {
      verb: string;
      group: string;
      resource: string;
      subresource?: string;
      namespace?: string | undefined;
      name?: string;
    }
  | { verb: string; path: string }
>;

/** Whose rights are asked for. */
export type Subject = Readonly<{
  username: string;
  uid?: string;
  groups?: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}>;

/** What a TokenReview says of a bearer token. */
export type TokenReview = Readonly<
  { authenticated: true; user: Subject; audiences: readonly string[] } | { authenticated: false; error: string | null }
>;

/**
 * Asks the API server whose token this is.
 *
 * @param audiences what the token must have been made for; empty for the API server's own
 * @throws KubernetesError
 */
export async function reviewToken(transport: Door, token: string, audiences: readonly string[]): Promise<TokenReview> {
  const spec = { token, ...(audiences.length > 0 && { audiences }) };
  const answer = await post(transport, 'authentication.k8s.io', 'TokenReview', spec);
  const {
    authenticated,
    user,
    error,
    audiences: granted,
  } = answer as {
    authenticated?: boolean;
    user?: Subject;
    error?: string;
    audiences?: readonly string[];
  };
  if (!authenticated || !user) return { authenticated: false, error: error ?? null };
  return { authenticated: true, user, audiences: granted ?? [] };
}

/** Whether `subject` has the right. */
export async function reviewAccess(transport: Door, subject: Subject, right: Right): Promise<boolean> {
  const { username, uid, groups, extra } = subject;
  const who = { user: username, ...(uid && { uid }), ...(groups && { groups }), ...(extra && { extra }) };
  return isAllowed(await post(transport, 'authorization.k8s.io', 'SubjectAccessReview', { ...who, ...asked(right) }));
}

/** Whether we have the right ourselves: everybody may ask this of themselves. */
export async function reviewOwnAccess(transport: Door, right: Right): Promise<boolean> {
  return isAllowed(await post(transport, 'authorization.k8s.io', 'SelfSubjectAccessReview', asked(right)));
}

const isAllowed = (status: unknown) => (status as { allowed?: boolean }).allowed === true;

function asked(right: Right): Record<string, unknown> {
  if ('path' in right) return { nonResourceAttributes: { verb: right.verb, path: right.path } };
  const { namespace, ...attributes } = right;
  return { resourceAttributes: { ...attributes, ...(namespace !== undefined && { namespace }) } };
}

async function post(transport: Door, group: string, kind: string, spec: object): Promise<unknown> {
  const body = JSON.stringify({ apiVersion: `${group}/v1`, kind, spec });
  const path = `/apis/${group}/v1/${kind.toLowerCase()}s`;
  const answer = (await transport.json(path, { method: 'POST', body })) as { status?: unknown };
  return answer.status ?? {};
}

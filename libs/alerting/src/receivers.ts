import { createHash, createHmac } from 'node:crypto';
import { postable, webhookBody, type Notification } from './notification.js';

/** What became of one attempt to deliver. `refused`: the receiver will never take it, so it is not tried again. */
export type DeliveryResult =
  | Readonly<{ outcome: 'delivered'; status: number }>
  | Readonly<{ outcome: 'refused'; status: number; detail: string }>
  | Readonly<{ outcome: 'failed'; status: number | null; detail: string; retryAfterMs: number | null }>;

/** Somebody to tell. `state`: wants to hear again and again what is so now; `transition`: wants to hear each change once, in order. */
export type Receiver = Readonly<{
  name: string;
  wants: 'state' | 'transition';
  /** @param id the same for every attempt at one delivery, so that a receiver can tell a repetition */
  deliver(notification: Notification, id: string, now: number): Promise<DeliveryResult>;
}>;

const timeoutMs = 10_000;
const detailCharacters = 500;

/** One Alertmanager, API v2. Each peer of a cluster is a receiver of its own, as Alertmanager's documentation asks. */
export function alertmanager(url: string): Receiver {
  const endpoint = new URL('api/v2/alerts', url.endsWith('/') ? url : `${url}/`);
  return {
    name: `alertmanager:${endpoint.host}`,
    wants: 'state',
    deliver: (notification, _id, now) => post(endpoint, JSON.stringify([postable(notification, now)]), {}),
  };
}

/**
 * A webhook that takes Alertmanager's body, version 4.
 *
 * @param secret signs each delivery as Standard Webhooks does (`webhook-id`, `webhook-timestamp`, `webhook-signature`)
 */
export function webhook(url: string, secret?: string): Receiver {
  const endpoint = new URL(url);
  return {
    name: webhookName(endpoint),
    wants: 'transition',
    deliver: (notification, id, now) => {
      const body = JSON.stringify(webhookBody(notification));
      return post(endpoint, body, signature({ id, seconds: Math.floor(now / 1000), body }, secret));
    },
  };
}

/** What tells a webhook from others, and is shown: its path and query often are the secret that lets somebody post, so only their digest is. */
function webhookName({ host, pathname, search }: URL): string {
  const rest = `${pathname}${search}`;
  if (rest === '/') return `webhook:${host}`;
  return `webhook:${host}#${createHash('sha256').update(rest).digest('hex').slice(0, 8)}`;
}

/** The headers of Standard Webhooks; without a secret only those that identify the delivery. */
export function signature(
  message: Readonly<{ id: string; seconds: number; body: string }>,
  secret: string | undefined,
): Record<string, string> {
  const identity = { 'webhook-id': message.id, 'webhook-timestamp': String(message.seconds) };
  if (!secret) return identity;
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
  const signed = createHmac('sha256', key).update(`${message.id}.${message.seconds}.${message.body}`).digest('base64');
  return { ...identity, 'webhook-signature': `v1,${signed}` };
}

async function post(endpoint: URL, body: string, headers: Record<string, string>): Promise<DeliveryResult> {
  try {
    const answer = await fetch(endpoint, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'user-agent': 'initledger', ...headers },
      signal: AbortSignal.timeout(timeoutMs),
      // a redirect would carry the signed body to somebody who was not named
      redirect: 'error',
    });
    const detail = (await answer.text()).slice(0, detailCharacters);
    return resultOf(answer, detail);
  } catch (error) {
    return { outcome: 'failed', status: null, detail: reasonOf(error), retryAfterMs: null };
  }
}

function resultOf(answer: Response, detail: string): DeliveryResult {
  if (answer.ok) return { outcome: 'delivered', status: answer.status };
  if (answer.status < 500 && answer.status !== 429) return { outcome: 'refused', status: answer.status, detail };
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  return {
    outcome: 'failed',
    status: answer.status,
    detail,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null,
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`.slice(0, detailCharacters);
}

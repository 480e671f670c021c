import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { KubeConfig } from '@kubernetes/client-node';
import { parseJson } from './exact-json.js';
import { KubernetesError, refusal } from './kubernetes-error.js';
import type { Status } from './kubernetes-error.js';

/** One question to the API server. */
export type Question = Readonly<{
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  accept?: string;
  body?: string;
  contentType?: string;
  signal?: AbortSignal | undefined;
  /** How long the answer's head may take, in milliseconds. */
  patienceMs?: number;
  /** Asks for compression, which servers give to large answers of GET and LIST only. */
  gzip?: boolean;
  /** Told of the text of a body that is parsed. */
  heard?: (text: string) => void;
}>;

/** A body as it streams in. Whoever stops taking chunks stops the reading of it. */
export type Body = AsyncIterable<Buffer> & Readonly<{ destroy(error?: Error): unknown }>;

/** Whatever answers questions of the Kubernetes API: a server, or a recording of what one said. */
export type Door = Readonly<{
  /** Where the answers come from. */
  server: string;
  /** @throws KubernetesError for every status but 2xx, and when there is no answer */
  open(path: string, question?: Question): Promise<Body>;
  /** The whole body, parsed. @throws KubernetesError */
  json(path: string, question?: Question): Promise<unknown>;
  close(): void;
}>;

const usualPatienceMs = 10_000;
/** For lists and watches: what an API server gives itself for a request, and some more. */
export const longPatienceMs = 70_000;
/** Below the idle limits of load balancers (60 s and more), and as client-go has it. */
const keepAliveMs = 30_000;

/**
 * HTTP to one API server with the credentials of a kubeconfig: connections are kept, tokens and certificates read anew when they
 * change, and no body is ever cut for being quiet (whoever reads a stream has a watchdog of its own).
 */
export class Transport implements Door {
  private config: KubeConfig;
  private agent: { key: string; agent: https.Agent } | undefined;

  constructor(
    private readonly load: () => KubeConfig,
    private readonly userAgent: string,
  ) {
    this.config = load();
  }

  get server(): string {
    return this.config.getCurrentCluster()?.server ?? '';
  }

  /**
   * Asks, and returns the body as it streams in.
   *
   * @throws KubernetesError for every status but 2xx, and when there is no answer
   */
  async open(path: string, question: Question = {}): Promise<Readable> {
    try {
      return await this.ask(path, question);
    } catch (error) {
      if (!(error instanceof KubernetesError) || error.reason !== 'unauthorized') throw error;
      // Whatever gave us the credentials may have newer ones: a rotated token, a plugin whose answer has expired.
      this.config = this.load();
      return await this.ask(path, question);
    }
  }

  /** Asks, and returns the whole body, parsed. */
  async json(path: string, question: Question = {}): Promise<unknown> {
    const body = await this.open(path, { gzip: true, ...question });
    const text = await textOf(body, path);
    question.heard?.(text);
    try {
      return parseJson(text);
    } catch (cause) {
      throw new KubernetesError('broken', `The answer to ${path} is no JSON`, { cause });
    }
  }

  /** Closes the connections that are idle. */
  close(): void {
    this.agent?.agent.destroy();
  }

  private async ask(path: string, question: Question): Promise<Readable> {
    const credentials = await this.credentials();
    const name = `${question.method ?? 'GET'} ${path}`;
    const response = await this.send(path, question, credentials);
    const status = response.statusCode ?? 0;
    const body = response.headers['content-encoding'] === 'gzip' ? response.pipe(createGunzip()) : response;
    // A pipe hands on no errors, and an answer that was cut is no end.
    if (body !== response) response.on('error', (error) => body.destroy(error));
    if (status >= 200 && status < 300) return body;
    throw await refused(name, response, body);
  }

  private async credentials(): Promise<https.RequestOptions> {
    const options: https.RequestOptions = {};
    try {
      await this.config.applyToHTTPSOptions(options);
    } catch (cause) {
      const said = cause instanceof Error ? cause.message.trim() : String(cause);
      throw new KubernetesError('credentials', `The kubeconfig's credentials could not be had: ${said}`, { cause });
    }
    // With a proxy the library's agent does the tunnelling; else ours, which keeps connections.
    if (!this.config.getCurrentCluster()?.proxyUrl) options.agent = this.agentFor(options);
    return options;
  }

  /** One agent as long as CA and certificates are the same: a renewed certificate needs connections of its own. */
  private agentFor({ ca, cert, key, rejectUnauthorized, servername }: https.RequestOptions): https.Agent {
    const identity = createHash('sha256').update(JSON.stringify([ca, cert, key, rejectUnauthorized, servername]));
    const digest = identity.digest('hex');
    if (this.agent?.key === digest) return this.agent.agent;
    const settings = {
      keepAlive: true,
      keepAliveMsecs: keepAliveMs,
      ...(ca !== undefined && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(servername && { servername }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    };
    const agent = this.server.startsWith('http:')
      ? (new http.Agent(settings) as https.Agent)
      : new https.Agent(settings);
    this.agent = { key: digest, agent };
    return agent;
  }

  private send(path: string, question: Question, credentials: https.RequestOptions): Promise<http.IncomingMessage> {
    const { method = 'GET', body, signal, patienceMs = usualPatienceMs } = question;
    const url = new URL(this.server.replace(/\/$/, '') + path);
    const options = {
      ...credentials,
      method,
      headers: { ...(credentials.headers as http.OutgoingHttpHeaders | undefined), ...this.headersOf(question) },
      ...(signal && { signal }),
    };
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'http:' ? http : https).request(url, options);
      const patience = setTimeout(
        () => request.destroy(new Error(`no answer within ${patienceMs / 1000} s`)),
        patienceMs,
      );
      request.on('socket', (socket) => socket.setKeepAlive(true, keepAliveMs));
      request.on('response', (response) => {
        clearTimeout(patience);
        resolve(response);
      });
      request.on('error', (cause: NodeJS.ErrnoException) => {
        clearTimeout(patience);
        reject(signal?.aborted ? cause : unreachable(url, cause));
      });
      request.end(body);
    });
  }

  private headersOf({ accept = 'application/json', body, contentType, gzip }: Question): Record<string, string> {
    return {
      'User-Agent': this.userAgent,
      Accept: accept,
      ...(gzip && { 'Accept-Encoding': 'gzip' }),
      ...(body !== undefined && {
        'Content-Type': contentType ?? 'application/json',
        'Content-Length': String(Buffer.byteLength(body)),
      }),
    };
  }
}

function unreachable(url: URL, cause: NodeJS.ErrnoException): KubernetesError {
  const why = cause.message || cause.code || 'no answer';
  return new KubernetesError('unreachable', `${url.origin} does not answer: ${why}`, { cause });
}

async function refused(question: string, response: http.IncomingMessage, body: Readable): Promise<KubernetesError> {
  const text = await textOf(body, question).catch(() => '');
  const wait = Number(response.headers['retry-after'] ?? Number.NaN);
  return refusal(question, response.statusCode ?? 0, statusOf(text), Number.isFinite(wait) ? wait : undefined);
}

function statusOf(text: string): Status {
  try {
    const parsed = JSON.parse(text) as Status | null;
    if (parsed?.kind === 'Status') return parsed;
  } catch {
    // A proxy's page, say: its first line is message enough.
  }
  return { message: text.split('\n', 1)[0]?.slice(0, 200) ?? '' };
}

async function textOf(body: Readable, question: string): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk as Buffer);
  } catch (cause) {
    throw new KubernetesError('broken', `The answer to ${question} was cut short`, { cause });
  }
  return Buffer.concat(chunks).toString('utf8');
}

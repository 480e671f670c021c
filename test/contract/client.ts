import { readFileSync } from 'node:fs';
import { request as overHttp, type IncomingMessage } from 'node:http';
import { Agent, request as overHttps } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';

/** Any JSON object. */
export type Json = { [field: string]: unknown };

/** A whole answer. `body` is what JSON it is, or an empty object. */
export type Answer = { status: number; headers: Record<string, string>; body: Json; text: string };

/** What a request says besides its path. */
export type Asking = {
  body?: unknown;
  contentType?: string;
  accept?: string;
  token?: string;
  headers?: Record<string, string>;
};

type Kubeconfig = {
  'current-context': string;
  contexts: { name: string; context: { cluster: string; user: string } }[];
  clusters: { name: string; cluster: { server: string; 'certificate-authority-data'?: string } }[];
  users: {
    name: string;
    user: { token?: string; 'client-certificate-data'?: string; 'client-key-data'?: string };
  }[];
};

/**
 * A plain client of a cluster: requests as they are, so that nothing between it and the server hides a difference.
 * It knows kubeconfigs with tokens, or with certificates, that are written into them.
 */
export class Client {
  readonly server: URL;
  private readonly agent: Agent | undefined;
  private readonly token: string | undefined;

  constructor(kubeconfigPath: string) {
    const config = parse(readFileSync(kubeconfigPath, 'utf8')) as Kubeconfig;
    const context = named(config.contexts, config['current-context']).context;
    const { cluster } = named(config.clusters, context.cluster);
    const { user } = named(config.users, context.user);
    const decoded = (data: string | undefined) => (data === undefined ? undefined : Buffer.from(data, 'base64'));
    this.server = new URL(cluster.server);
    this.token = user.token;
    if (this.server.protocol !== 'https:') return;
    this.agent = new Agent({
      keepAlive: true,
      ca: decoded(cluster['certificate-authority-data']),
      cert: decoded(user['client-certificate-data']),
      key: decoded(user['client-key-data']),
    });
  }

  /** One request and its whole answer. */
  async ask(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    const response = await this.open(method, path, asking);
    const parts = (await response.toArray()) as Buffer[];
    const bytes = Buffer.concat(parts);
    const text = (response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
    const json = text.startsWith('{') ? (JSON.parse(text) as Json) : {};
    return { status: response.statusCode ?? 0, headers, body: json, text };
  }

  get(path: string, asking: Asking = {}): Promise<Answer> {
    return this.ask('GET', path, asking);
  }

  /** Creates, and wants that to succeed. */
  async create(path: string, body: Json): Promise<Json> {
    const answer = await this.ask('POST', path, { body });
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** Patches, and wants that to succeed. `type` is that of the merge: `merge`, `strategic-merge`, `json`. */
  async patch(path: string, body: unknown, type = 'merge'): Promise<Json> {
    const contentType = `application/${type === 'json' ? 'json-patch' : `${type}-patch`}+json`;
    const answer = await this.ask('PATCH', path, { body, contentType });
    if (answer.status !== 200) throw new Error(`PATCH ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** Makes a namespace, and waits until it takes pods: where controllers run, once its service account is there. */
  async createNamespace(name: string): Promise<void> {
    await this.create('/api/v1/namespaces', { metadata: { name } });
    const probe = {
      metadata: { name: 'probe' },
      spec: { containers: [{ name: 'app', image: 'registry.example/app:1' }] },
    };
    for (let tries = 0; tries < 300; tries++) {
      const answer = await this.ask('POST', `/api/v1/namespaces/${name}/pods?dryRun=All`, { body: probe });
      if (answer.status === 201) return;
      await sleep(200);
    }
    throw new Error(`the namespace ${name} takes no pods`);
  }

  /** Opens a watch. It is to be closed. */
  async watch(path: string, asking: Asking = {}): Promise<Watch> {
    const response = await this.open('GET', path, asking);
    return new Watch(response);
  }

  private open(method: string, path: string, asking: Asking): Promise<IncomingMessage> {
    const { body, contentType = 'application/json', accept = 'application/json', token = this.token } = asking;
    const sentBody = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const headers = {
      accept,
      'user-agent': 'contract-test/1',
      ...(token && { authorization: `Bearer ${token}` }),
      ...(sentBody !== undefined && {
        'content-type': contentType,
        'content-length': String(Buffer.byteLength(sentBody)),
      }),
      ...asking.headers,
    };
    const send = this.agent ? overHttps : overHttp;
    return new Promise((resolve, reject) => {
      const sent = send(
        new URL(path, this.server),
        { method, headers, ...(this.agent && { agent: this.agent }) },
        resolve,
      );
      sent.once('error', reject);
      sent.end(sentBody);
    });
  }
}

/** One frame of a watch. */
export type Frame = { type: string; object: Json & { metadata: Json } };

/** An open watch: its frames, in the order in which they came. */
export class Watch {
  readonly frames: Frame[] = [];
  /** Settles when the server ends the stream. */
  readonly ended: Promise<void>;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly response: IncomingMessage) {
    this.ended = new Promise((resolve) => {
      response.once('close', resolve);
      response.once('error', resolve);
    });
    createInterface({ input: response })
      .on('line', (line) => {
        this.frames.push(JSON.parse(line) as Frame);
        for (const look of this.waiting) look();
      })
      .on('error', () => {});
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  /** The frames so far, once there is one that fits. */
  async until(fits: (frame: Frame) => boolean, withinMs = 20_000): Promise<Frame[]> {
    if (this.frames.some(fits)) return this.frames;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        reject(
          new Error(`no such frame within ${withinMs} ms; there were ${JSON.stringify(this.frames).slice(0, 2_000)}`),
        );
      }, withinMs);
      const look = () => {
        if (!this.frames.some(fits)) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
    });
    return this.frames;
  }

  close(): void {
    this.response.destroy();
  }
}

function named<T extends { name: string }>(list: readonly T[], name: string): T {
  const found = list.find((one) => one.name === name);
  if (!found) throw new Error(`the kubeconfig has no ${name}`);
  return found;
}

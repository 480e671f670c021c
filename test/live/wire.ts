/** The wire between the recorder and the API server: it can be cut and stalled, and tells what came through to the recorder. */
import { createWriteStream, readFileSync, writeFileSync, type WriteStream } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

type Kubeconfig = {
  clusters: { cluster: { server: string; 'certificate-authority-data'?: string } }[];
};

const resources: Readonly<Record<string, string>> = {
  '/api/v1/pods': 'pods',
  '/api/v1/events': 'events',
  '/api/v1/nodes': 'nodes',
  '/api/v1/namespaces': 'namespaces',
};

/**
 * A proxy that writes down, line by line in the format of `test/recordings`, what it passed on of pods, Events, nodes and
 * namespaces: what was revealed to the recorder, whatever became of it there.
 */
export class Wire {
  private readonly sockets = new Set<Socket>();
  private readonly upstream = new Set<IncomingMessage>();
  private isCut = false;
  private stalled: Promise<void> | undefined;
  private file!: WriteStream;
  private readonly server: http.Server;
  private readonly target: { server: string; agent: https.Agent };

  private constructor(kubeconfig: Kubeconfig) {
    const { server, 'certificate-authority-data': ca = '' } = kubeconfig.clusters[0]!.cluster;
    this.target = { server, agent: new https.Agent({ ca: Buffer.from(ca, 'base64'), keepAlive: true }) };
    this.server = http.createServer((asked, answer) => this.pass(asked, answer));
    this.server.on('connection', (socket) => {
      if (this.isCut) socket.destroy();
      this.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    });
  }

  /** Opens a wire to the server of a kubeconfig, and writes a kubeconfig that goes by it. */
  static async to(kubeconfig: string, files: Readonly<{ kubeconfig: string; revealed: string }>): Promise<Wire> {
    const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
    const wire = new Wire(config);
    wire.file = createWriteStream(files.revealed);
    await new Promise<void>((resolve) => wire.server.listen(0, '127.0.0.1', resolve));
    const server = `http://127.0.0.1:${(wire.server.address() as AddressInfo).port}`;
    const clusters = config.clusters.map((one) => ({ ...one, cluster: { server } }));
    writeFileSync(files.kubeconfig, JSON.stringify({ ...config, clusters }), { mode: 0o600 });
    return wire;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
    for (const body of this.upstream) body.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  /** Holds back all that comes, until `done`. */
  stall(done: Promise<void>): void {
    this.stalled = done;
    void done.then(() => (this.stalled = undefined));
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
    await new Promise<void>((resolve) => this.file.end(() => resolve()));
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const url = new URL(asked.url ?? '/', this.target.server);
    const resource = resources[url.pathname];
    const { host: _ours, ...headers } = asked.headers;
    const sent = https.request(url, { method: asked.method, headers, agent: this.target.agent }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      // A watch answers before it has anything to tell, and is waited for.
      answer.flushHeaders();
      this.upstream.add(response);
      response.on('close', () => this.upstream.delete(response));
      const note = response.statusCode === 200 && resource ? this.notes(resource, url, response) : undefined;
      void this.pour(response, answer, note);
    });
    sent.on('error', () => answer.destroy());
    answer.on('close', () => sent.destroy());
    asked.pipe(sent);
  }

  private async pour(from: IncomingMessage, to: ServerResponse, note?: (chunk: Buffer | null) => void): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await this.stalled;
        if (to.destroyed) return;
        // What is in the sockets of a recorder that is killed was not revealed to it: the end of its process is noted apart.
        to.write(chunk);
        note?.(chunk);
      }
      to.end();
    } catch {
      to.destroy();
    } finally {
      note?.(null);
    }
  }

  /** Writes down a watch frame by frame, and a page of a list once it is whole. */
  private notes(resource: string, url: URL, response: IncomingMessage): (chunk: Buffer | null) => void {
    const isWatch = url.searchParams.get('watch') !== null;
    let rest = Buffer.alloc(0);
    return (chunk) => {
      if (chunk) rest = Buffer.concat([rest, chunk]);
      if (!isWatch) {
        if (chunk === null && response.complete) this.write(resource, { list: plain(response, rest) });
        return;
      }
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        this.write(resource, { frame: rest.subarray(0, end).toString('utf8') });
        rest = rest.subarray(end + 1);
      }
      if (chunk === null) this.write(resource, { closed: true });
    };
  }

  private write(resource: string, line: object): void {
    this.file.write(`${JSON.stringify({ receivedAt: new Date().toISOString(), resource, ...line })}\n`);
  }
}

const plain = (response: IncomingMessage, body: Buffer): string =>
  (response.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');

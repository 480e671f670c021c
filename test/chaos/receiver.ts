/** Who is told of alerts: it can fail, and lose its answers after it has taken what it was told. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from '../e2e/service.js';

/** One delivery that was taken; whoever told it may not know that it was. */
export type Taken = Readonly<{ id: string; body: Json; at: number }>;

/** Longer than the service waits for an answer. */
const lateMs = 11_000;

export class Receiver {
  readonly taken: Taken[] = [];
  private mood: 'well' | 'failing' | 'speechless' | 'late' = 'well';

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.hear(request, response));
  }

  static async start(): Promise<Receiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Receiver(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** `failing`: takes nothing. `speechless`: takes all, and its answers do not come through. `late`: takes all, and says so when nobody waits for it any more. */
  be(mood: Receiver['mood']): void {
    this.mood = mood;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const chunks = (await request.toArray()) as Buffer[];
      if (this.mood === 'failing') {
        response.writeHead(500).end('not now');
        return;
      }
      const id = String(request.headers['webhook-id']);
      this.taken.push({ id, body: JSON.parse(Buffer.concat(chunks).toString()), at: Date.now() });
      if (this.mood === 'speechless') response.destroy();
      else if (this.mood === 'late') setTimeout(() => response.end(), lateMs).unref();
      else response.end();
    } catch {
      // Whoever spoke was cut off in the middle of it.
      response.destroy();
    }
  }
}

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A way to a database that can be cut. It counts what the client sends, chunk by chunk, and cuts where it is told to: before
 * the chunk reaches the server, or after, so that only the answer is lost.
 */
export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut: { chunk: number; when: 'before' | 'after' } | undefined;
  #seen = 0;
  #done = false;

  private constructor(
    private readonly target: URL,
    readonly url: string,
    server: Server,
  ) {
    this.#server = server;
    server.on('connection', (client) => this.#serve(client));
  }

  static async before(databaseUrl: string): Promise<CuttingProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new CuttingProxy(new URL(databaseUrl), url.href, server);
  }

  /** Cuts every connection at the `chunk`-th chunk from now on, once. */
  cutAt(chunk: number, when: 'before' | 'after'): void {
    this.#cut = { chunk, when };
    this.#seen = 0;
    this.#done = false;
  }

  /** Whether the cut has been made. */
  get hasCut(): boolean {
    return this.#done;
  }

  async close(): Promise<void> {
    this.#cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    const database = connect(Number(this.target.port), this.target.hostname);
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk) => this.#pass(chunk, database));
    database.on('data', (chunk) => this.#answer(chunk, client));
  }

  #pass(chunk: Buffer, database: Socket): void {
    const here = this.#isHere();
    if (here && this.#cut?.when === 'before') {
      this.#cutAll();
      return;
    }
    database.write(chunk);
    this.#seen += 1;
  }

  /** After the chunk: the server has done what it says, and only its answer does not come through. */
  #answer(chunk: Buffer, client: Socket): void {
    if (!this.#done && this.#cut?.when === 'after' && this.#seen === this.#cut.chunk + 1) {
      this.#cutAll();
      return;
    }
    client.write(chunk);
  }

  #isHere(): boolean {
    return !this.#done && this.#cut?.chunk === this.#seen;
  }

  #cutAll(): void {
    if (this.#cut) this.#done = true;
    for (const socket of this.#sockets) socket.destroy();
  }
}

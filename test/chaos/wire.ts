/** A way between two processes over TCP that can be cut, reset, stalled and made half open. */
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

type Pair = { readonly near: Socket; readonly far: Socket; deaf: boolean };

/** Who waits for words of the near side. */
type Listener = (chunk: Buffer, pair: Pair) => void;

/** Passes bytes on to where it leads, as long as nobody disturbs it. `near` is who connects, `far` the server. */
export class Wire {
  private readonly pairs = new Set<Pair>();
  private readonly listeners = new Set<Listener>();
  private stalls = 0;
  private refusals = 0;

  private constructor(
    private readonly target: Readonly<{ host: string; port: number }>,
    private readonly server: Server,
  ) {
    server.on('connection', (near) => this.accept(near));
  }

  /** Opens a way to a server. */
  static async to(target: Readonly<{ host: string; port: number }>): Promise<Wire> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Wire(target, server);
  }

  /** Where it begins. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** A URL of the target, by way of this wire. */
  leadTo(url: string): string {
    const led = new URL(url);
    led.host = `127.0.0.1:${this.port}`;
    return led.href;
  }

  /** Closes all connections, in both directions. */
  cut(): void {
    for (const { near, far } of this.pairs) for (const socket of [near, far]) socket.destroy();
  }

  /** Both ends are told of a reset. */
  reset(): void {
    for (const { near, far } of this.pairs) for (const socket of [near, far]) socket.resetAndDestroy();
  }

  /** Nothing passes, in either direction, until `resume`; new connections are taken and wait, too. */
  stall(): void {
    this.stalls += 1;
    for (const { near, far } of this.pairs) for (const socket of [near, far]) socket.pause();
  }

  resume(): void {
    this.stalls = Math.max(0, this.stalls - 1);
    if (this.stalls > 0) return;
    for (const { near, far } of this.pairs) for (const socket of [near, far]) socket.resume();
  }

  /** What the far side says from now on is lost, and so is its end; what is said to it arrives. The connections are of no use any more: cut them later. */
  deafen(): void {
    for (const pair of this.pairs) pair.deaf = true;
  }

  /** The far side is heard to end, while what is said to it still arrives. */
  halfClose(): void {
    for (const pair of this.pairs) {
      pair.deaf = true;
      pair.near.end();
    }
  }

  /** Waits until the near side says this, which then is on its way. @returns whether it did in time */
  hears(text: string, withinMs: number): Promise<boolean> {
    return this.listen(text, withinMs, () => undefined);
  }

  /** What the far side answers to the next words of this kind is lost, and then its connection. @returns whether they were said in time */
  loseAnswerTo(text: string, withinMs: number): Promise<boolean> {
    return this.listen(text, withinMs, (pair) => {
      pair.deaf = true;
      // By then the far side has done what it was told.
      setTimeout(() => {
        for (const socket of [pair.near, pair.far]) socket.resetAndDestroy();
      }, 150);
    });
  }

  /** Closes every new connection at once, until `accept`. */
  refuse(): void {
    this.refusals += 1;
    this.cut();
  }

  allow(): void {
    this.refusals = Math.max(0, this.refusals - 1);
  }

  async close(): Promise<void> {
    this.refuse();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private listen(text: string, withinMs: number, heard: (pair: Pair) => void): Promise<boolean> {
    return new Promise((resolve) => {
      const over = (isHeard: boolean) => {
        this.listeners.delete(listener);
        clearTimeout(giveUp);
        resolve(isHeard);
      };
      const giveUp = setTimeout(() => over(false), withinMs);
      const listener: Listener = (chunk, pair) => {
        if (!chunk.includes(text)) return;
        heard(pair);
        over(true);
      };
      this.listeners.add(listener);
    });
  }

  private accept(near: Socket): void {
    near.on('error', () => undefined);
    if (this.refusals > 0) {
      near.destroy();
      return;
    }
    const far = createConnection({ ...this.target, allowHalfOpen: true });
    const pair: Pair = { near, far, deaf: false };
    this.pairs.add(pair);
    near.on('data', (chunk: Buffer) => {
      for (const listener of this.listeners) listener(chunk, pair);
    });
    this.join(near, far, () => false);
    this.join(far, near, () => pair.deaf);
    for (const socket of [near, far]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (socket === far && pair.deaf) return;
        this.pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
      if (this.stalls > 0) socket.pause();
    }
  }

  private join(from: Socket, to: Socket, isLost: () => boolean): void {
    from.on('data', (chunk) => {
      if (isLost()) return;
      if (!to.write(chunk)) {
        from.pause();
        to.once('drain', () => {
          if (this.stalls === 0) from.resume();
        });
      }
    });
    from.on('end', () => {
      if (!isLost()) to.end();
    });
  }
}

import type { ServerResponse } from 'node:http';
import type { Faults, OpenWatch } from './faults.js';
import type { ResourceName } from './resources.js';

/** A watcher that reads more slowly than this many bytes behind is cut off, as kube-apiserver does with slow ones. */
const maxBehind = 256 * 1024 * 1024;

/** One open watch: lines go out in order, through whatever faults there are. */
export class WatchStream implements OpenWatch {
  private state: 'open' | 'stalled' | 'closed' = 'open';
  private cutNext = false;
  private late: Promise<void> | undefined;

  constructor(
    readonly resource: ResourceName,
    private readonly response: ServerResponse,
    private readonly faults: Faults,
    private readonly onClose: () => void,
  ) {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    response.once('close', () => this.closed());
    faults.opened(this);
  }

  /** Sends one line, line feed included. */
  send(line: Buffer): void {
    const { delayMs, copies } = this.faults.meet(this.resource);
    for (let copy = 0; copy < copies; copy++) this.after(delayMs, () => this.write(line));
  }

  /** Ends the answer as a whole one. */
  end(): void {
    this.response.end();
    this.closed();
  }

  /** Ends the answer behind the lines that are still on their way. */
  endInTurn(): void {
    this.after(0, () => this.end());
  }

  /** Cuts the connection. */
  cut(): void {
    this.response.destroy();
    this.closed();
  }

  /** Cuts the connection in the middle of the next line. */
  cutMidLine(): void {
    this.cutNext = true;
  }

  /** Swallows everything from now on. */
  stall(): void {
    if (this.state === 'open') this.state = 'stalled';
  }

  private after(delayMs: number, task: () => void): void {
    if (delayMs === 0 && !this.late) return task();
    const due = performance.now() + delayMs;
    const before = this.late ?? Promise.resolve();
    const mine = before.then(async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      task();
      if (this.late === mine) this.late = undefined;
    });
    this.late = mine;
  }

  private write(line: Buffer): void {
    if (this.state !== 'open') return;
    if (this.cutNext) {
      this.response.write(line.subarray(0, Math.ceil(line.length / 2)), () => this.cut());
      this.state = 'stalled';
      return;
    }
    this.response.write(line);
    if (this.response.writableLength > maxBehind) this.cut();
  }

  private closed(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.faults.closed(this);
    this.onClose();
  }
}

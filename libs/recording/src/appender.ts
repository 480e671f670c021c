import { setTimeout as sleep } from 'node:timers/promises';
import type { Appended, EventWriter, NewEvent, WatchPosition } from '#libs/event-store';
import { isAuditError } from '#libs/platform';
import { BackOff } from './back-off.js';

/** Bounds of the queue. Sizes are characters of bodies. */
export type AppenderLimits = Readonly<{
  /** Events of one transaction. */
  batchEvents: number;
  batchChars: number;
  /** A queue this long stops the reading of the sockets. */
  queuedEvents: number;
  queuedChars: number;
  /** Appends begin so many milliseconds apart at least, unless a batch is full or somebody waits for one: what comes meanwhile goes together. */
  pauseMs: number;
  /** How long a position without an event waits for one that takes it along, in milliseconds. */
  lazyMs: number;
}>;

/** What the appender tells of itself. */
export type AppenderListener = Readonly<{
  appended?: (batch: { events: number; seconds: number; result: Appended }) => void;
  failed?: (error: unknown, waitMs: number) => void;
  /** The writer can write no more: fenced, or given what no log takes. */
  ended?: (error: Error) => void;
}>;

/** Of events and of positions, how many were ever added. */
type Durable = Readonly<{ count: number; noted: number }>;

const isReached = (now: Durable, wanted: Durable) => now.count >= wanted.count && now.noted >= wanted.noted;

const usualLimits: AppenderLimits = {
  batchEvents: 2_000,
  batchChars: 4_000_000,
  queuedEvents: 10_000,
  queuedChars: 16_000_000,
  pauseMs: 20,
  lazyMs: 1_000,
};

/**
 * The recorder's way into the log: group commit. After a pause an event is written at once; what comes while it is in flight, and
 * shortly after, is the next batch. A position is stored with the events before it, never earlier. A database that fails is
 * tried again with the same batch; a writer that was fenced is the end.
 */
export class Appender {
  private queue: NewEvent[] = [];
  private chars = 0;
  /** In the order in which they came; each belongs after the first `after` events that were ever added. */
  private positions: (WatchPosition & { after: number; nth: number })[] = [];
  private noted = 0;
  private count = 0;
  /** How many events are durable, and how many positions. */
  private durable: Durable = { count: 0, noted: 0 };
  private waiting: (Durable & { resolve: (count: number) => void; reject: (error: unknown) => void })[] = [];
  private pumping: Promise<void> | undefined;
  private lazy: NodeJS.Timeout | undefined;
  private room: (() => void)[] = [];
  /** When the last append began, by `performance.now()`. */
  private began = -Infinity;
  /** Who waits until all is written, positions or not. */
  private flushing = 0;
  /** Ends the pause before the next append. */
  private hurry: (() => void) | undefined;
  private readonly noting = new Set<Set<string>>();
  private end: Readonly<{ error: unknown }> | undefined;
  private readonly limits: AppenderLimits;

  constructor(
    private readonly writer: Pick<EventWriter, 'append'>,
    private readonly listener: AppenderListener = {},
    limits: Partial<AppenderLimits> = {},
  ) {
    this.limits = { ...usualLimits, ...limits };
  }

  /** Events that wait for their transaction. */
  get queued(): number {
    return this.queue.length;
  }

  /** Events that were ever added. */
  get added(): number {
    return this.count;
  }

  /** Resolves when all that was added until now is durable, positions too, with how many events that is. */
  async written(): Promise<number> {
    this.throwIfEnded();
    const { count, noted } = this;
    if (isReached(this.durable, { count, noted })) return count;
    this.start();
    const written = new Promise<number>((resolve, reject) => this.waiting.push({ count, noted, resolve, reject }));
    this.hurry?.();
    return written;
  }

  /** Notes the streams of which something is added from now on, until `end`. */
  noteStreams(): Readonly<{ streams: ReadonlySet<string>; end: () => void }> {
    const streams = new Set<string>();
    this.noting.add(streams);
    return { streams, end: () => void this.noting.delete(streams) };
  }

  /**
   * Takes events, and the position that they complete. Resolves when there is room for more, which is before they are durable.
   *
   * @throws AuditError `writer-fenced`
   */
  async add(events: readonly NewEvent[], position?: WatchPosition): Promise<void> {
    this.throwIfEnded();
    for (const event of events) {
      for (const streams of this.noting) streams.add(event.streamId);
      this.queue.push(event);
      this.chars += event.body.length;
    }
    this.count += events.length;
    if (position) this.note(position);
    if (events.length > 0) this.start();
    else this.startSoon();
    if (this.isWaitedFor()) this.hurry?.();
    while (this.isFull()) await new Promise<void>((resolve) => this.room.push(resolve));
    this.throwIfEnded();
  }

  /** Resolves when all that was added is durable. */
  async flush(): Promise<void> {
    this.throwIfEnded();
    this.flushing += 1;
    if (this.queue.length > 0 || this.positions.length > 0) this.start();
    this.hurry?.();
    try {
      while (this.pumping) await this.pumping;
    } finally {
      this.flushing -= 1;
    }
    this.throwIfEnded();
  }

  /** Ends without writing what waits: as a killed process does. */
  drop(error: unknown): void {
    this.end ??= { error };
    clearTimeout(this.lazy);
    this.queue = [];
    this.chars = 0;
    this.positions = [];
    this.makeRoom();
    for (const { reject } of this.waiting) reject(this.end.error);
    this.waiting = [];
    this.hurry?.();
  }

  private note(position: WatchPosition): void {
    const last = this.positions.at(-1);
    // Quiet watches move by frames that show nothing new: only the newest counts.
    if (last && last.after === this.count && last.watch === position.watch) this.positions.pop();
    this.noted += 1;
    this.positions.push({ ...position, after: this.count, nth: this.noted });
  }

  private isFull(): boolean {
    return this.queue.length > this.limits.queuedEvents || this.chars > this.limits.queuedChars;
  }

  private startSoon(): void {
    if (this.pumping || this.lazy) return;
    this.lazy = setTimeout(() => this.start(), this.limits.lazyMs);
    this.lazy.unref();
  }

  private start(): void {
    clearTimeout(this.lazy);
    this.lazy = undefined;
    this.pumping ??= this.pump().finally(() => {
      this.pumping = undefined;
    });
  }

  private async pump(): Promise<void> {
    // Whatever arrived in the same turn belongs into the first batch.
    await new Promise(setImmediate);
    while (!this.end && (this.queue.length > 0 || this.positions.length > 0)) {
      await this.pause();
      if (this.end) return;
      this.began = performance.now();
      const events = this.take();
      const positions = this.takePositions(this.count - this.queue.length);
      const taken = { count: this.count - this.queue.length, noted: (this.positions[0]?.nth ?? this.noted + 1) - 1 };
      try {
        await this.write(events, positions);
        this.tellDurable(taken);
      } catch (error) {
        if (!this.end) this.listener.ended?.(error instanceof Error ? error : new Error(String(error)));
        this.drop(error);
        return;
      }
      if (!this.isFull()) this.makeRoom();
    }
  }

  private async pause(): Promise<void> {
    const leftMs = this.began + this.limits.pauseMs - performance.now();
    if (leftMs <= 0 || this.isWaitedFor()) return;
    const ended = new AbortController();
    this.hurry = () => ended.abort();
    await sleep(leftMs, undefined, { signal: ended.signal }).catch(() => undefined);
    this.hurry = undefined;
  }

  /** Whether the next batch is to be written without delay: it is full, or somebody waits for it. */
  private isWaitedFor(): boolean {
    const { batchEvents, batchChars } = this.limits;
    const isFull = this.queue.length >= batchEvents || this.chars >= batchChars || this.isFull();
    return isFull || this.waiting.length > 0 || this.flushing > 0;
  }

  private tellDurable(now: Durable): void {
    this.durable = now;
    const ready = this.waiting.filter((wanted) => isReached(now, wanted));
    this.waiting = this.waiting.filter((wanted) => !isReached(now, wanted));
    for (const { count, resolve } of ready) resolve(count);
  }

  private take(): NewEvent[] {
    const { batchEvents, batchChars } = this.limits;
    let count = 0;
    let chars = 0;
    while (count < this.queue.length && count < batchEvents && chars < batchChars) {
      chars += this.queue[count]?.body.length ?? 0;
      count += 1;
    }
    this.chars -= chars;
    return this.queue.splice(0, count);
  }

  /** The newest position of each watch whose events are all taken. */
  private takePositions(taken: number): WatchPosition[] {
    const ready = new Map<string, string>();
    const later = this.positions.findIndex(({ after }) => after > taken);
    const complete = this.positions.splice(0, later === -1 ? this.positions.length : later);
    for (const { watch, resourceVersion } of complete) ready.set(watch, resourceVersion);
    return Array.from(ready, ([watch, resourceVersion]) => ({ watch, resourceVersion }));
  }

  private async write(events: readonly NewEvent[], positions: readonly WatchPosition[]): Promise<void> {
    const backOff = new BackOff(100, 5_000);
    for (;;) {
      const began = performance.now();
      try {
        const result = await this.writer.append(events, positions);
        this.listener.appended?.({ events: events.length, seconds: (performance.now() - began) / 1000, result });
        return;
      } catch (error) {
        // The writer itself waits for a database that is away; its refusals are final.
        if (this.end || isAuditError(error)) throw error;
        const waitMs = backOff.next();
        this.listener.failed?.(error, waitMs);
        await sleep(waitMs);
        this.throwIfEnded();
      }
    }
  }

  private makeRoom(): void {
    const waiting = this.room;
    this.room = [];
    for (const resolve of waiting) resolve();
  }

  private throwIfEnded(): void {
    if (this.end) throw this.end.error;
  }
}

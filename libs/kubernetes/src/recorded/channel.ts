import { KubernetesError, refusal } from '../kubernetes-error.js';
import type { ResumePlace } from './resume-place.js';
import type { Body } from '../transport.js';

/** What a watch loop waits for. */
export type Demand =
  /** What comes next: a list, or frames that stand for one. */
  | Readonly<{ what: 'state'; answer: (next: 'list' | 'frames') => void; refuse: (error: Error) => void }>
  /** The body of a list, or of its next page. */
  | Readonly<{ what: 'page'; continued: boolean; answer: (body: unknown) => void; refuse: (error: Error) => void }>
  /** A watch: from a position, or, where that is undefined, from the initial state on. */
  | Readonly<{ what: 'watch'; from: string | undefined; answer: () => void; refuse: (error: Error) => void }>
  /** What a watch shows next; undefined ends it in good order. */
  | Readonly<{ what: 'chunk'; answer: (chunk: Buffer | undefined) => void; refuse: (error: Error) => void }>;

const heartbeatMs = 10_000;

/**
 * One resource of a recording in one scope, as its watch loop meets it. The loop demands one thing at a time, and only when it has
 * done with the last: so whoever plays the recording knows when a line was taken.
 */
export class Channel {
  private demand: Demand | undefined;
  private wake = Promise.withResolvers<void>();
  private stopped = false;
  /** A watch was opened from a position before anything was shown: what it has seen is to be passed over. */
  resumesAt: string | undefined;
  /** Which of the places that hold it; undefined where the first is as good as any: standard input cannot be looked through before. */
  resumePlace: ResumePlace | undefined;
  private passed = 0;
  /** It was resumed at an object that a list shown as frames had added: the older ones of that list are passed over, too. */
  resumedIn: string | undefined;
  /** The recording goes on with a list: what is known of this resource has to be listed again. */
  mustList = false;
  /** The newest resourceVersion that a frame showed in this watch. */
  last: string | undefined;
  /** A list was begun, or a watch resumed. */
  begun = false;
  /** Of a list that is shown as frames: the newest resourceVersion in it, if there was any. */
  initial: { newest: string | undefined } | undefined;
  /** Between two pages of one list: its resourceVersion. */
  pageOf: string | undefined;

  constructor(
    readonly resource: string,
    readonly namespace: string | null,
  ) {}

  /**
   * Resolves with what the loop waits for, as soon as it waits for something: then it has done with all that it was given.
   * Undefined once the play was stopped.
   */
  async next(): Promise<Demand | undefined> {
    while (!this.demand && !this.stopped) await this.wake.promise;
    return this.stopped ? undefined : this.demand;
  }

  /** Whether this is the place at which it goes on: told of every group of lines that holds the position, in their order. */
  resumesHere(late: boolean): boolean {
    if (!this.resumePlace) return true;
    if (this.resumePlace.late !== late) return false;
    this.passed += 1;
    return this.passed === this.resumePlace.nth;
  }

  stop(): void {
    this.stopped = true;
    this.wake.resolve();
  }

  /** What comes next. */
  state(signal?: AbortSignal): Promise<'list' | 'frames'> {
    return this.ask(signal, (answer, refuse) => ({ what: 'state', answer, refuse }));
  }

  page(continued: boolean, signal?: AbortSignal): Promise<unknown> {
    return this.ask(signal, (answer, refuse) => ({ what: 'page', continued, answer, refuse }));
  }

  /** Opens a watch. One from a position waits only where the recording does not go on with frames. */
  async watch(from: string | undefined, signal?: AbortSignal): Promise<Body> {
    if (from !== undefined && !this.begun) this.resumesAt = from;
    if (from === undefined || this.mustList)
      await this.ask<void>(signal, (answer, refuse) => ({ what: 'watch', from, answer, refuse }));
    this.begun = true;
    return new RecordedBody((stop) => this.ask(stop, (answer, refuse) => ({ what: 'chunk', answer, refuse })), signal);
  }

  private ask<Answer>(
    signal: AbortSignal | undefined,
    demand: (answer: (value: Answer) => void, refuse: (error: Error) => void) => Demand,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const done = () => {
        signal?.removeEventListener('abort', aborted);
        if (this.demand === mine) this.demand = undefined;
      };
      const aborted = () => {
        done();
        reject(new KubernetesError('broken', 'The question was taken back'));
      };
      const mine = demand(
        (value) => {
          done();
          resolve(value);
        },
        (error) => {
          done();
          reject(error);
        },
      );
      if (signal?.aborted) return aborted();
      signal?.addEventListener('abort', aborted, { once: true });
      this.demand = mine;
      this.wake.resolve();
      this.wake = Promise.withResolvers();
    });
  }
}

/** A position that the recording cannot go on from: a list comes next (semantics 6.2). */
export function positionGone(): KubernetesError {
  return refusal('The recorded watch', 410, {
    kind: 'Status',
    reason: 'Expired',
    message: 'the recorded watch ended, and a list follows',
  });
}

/** The body of a recorded watch. While nothing comes it yields nothing again and again: a recording is silent, never half open. */
class RecordedBody implements Body, AsyncIterator<Buffer> {
  private readonly stop = new AbortController();
  private error: Error | undefined;
  private ended = false;
  private asked: Promise<Buffer | undefined> | undefined;

  constructor(
    private readonly ask: (stop: AbortSignal) => Promise<Buffer | undefined>,
    signal: AbortSignal | undefined,
  ) {
    if (signal?.aborted) this.destroy();
    signal?.addEventListener('abort', () => this.destroy(), { once: true, signal: this.stop.signal });
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return this;
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    if (this.ended) return this.end();
    this.asked ??= this.ask(this.stop.signal).catch((error: unknown) => {
      if (this.stop.signal.aborted) return undefined;
      throw error;
    });
    const beat = Promise.withResolvers<'beat'>();
    const timer = setTimeout(() => beat.resolve('beat'), heartbeatMs);
    timer.unref();
    const chunk = await Promise.race([this.asked, beat.promise]).finally(() => clearTimeout(timer));
    if (chunk === 'beat') return { value: Buffer.alloc(0), done: false };
    this.asked = undefined;
    if (chunk === undefined) return this.end();
    return { value: chunk, done: false };
  }

  return(): Promise<IteratorResult<Buffer, undefined>> {
    this.destroy();
    return Promise.resolve({ value: undefined, done: true });
  }

  destroy(error?: Error): void {
    this.error ??= error;
    this.ended = true;
    this.stop.abort();
  }

  private end(): IteratorResult<Buffer, undefined> {
    this.ended = true;
    if (this.error) throw this.error;
    return { value: undefined, done: true };
  }
}

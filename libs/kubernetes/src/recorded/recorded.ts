import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditError } from '#libs/platform';
import type { Clock } from '../cluster.js';
import type { RecordingFiles } from './recording-files.js';

/** How fast a recording is played: as fast as it goes, or so many times its own pace. */
export type Pace = 'fast' | number;

/** What was told of a recording once all of it was read, or up to what cannot be read. */
export type RecordingEnd = Readonly<{
  lines: number;
  /** When the first and the last line were received, RFC 3339; null where there is none. */
  from: string | null;
  to: string | null;
  /** Lines of resources that are not recorded, by resource. */
  passedOver: Readonly<Record<string, number>>;
  /** Watched resources of which there is nothing. */
  lacking: readonly string[];
  /** What is unknown because of how the recording is, or how it ends. */
  unknown: readonly string[];
  problem: AuditError | undefined;
}>;

/** The recording as its recorder sees it: what time it is in it, and how it ended. */
export class Recorded implements Clock {
  /** Resolves when the recording was played to its end. */
  ended: Promise<RecordingEnd>;
  private resolve!: (end: RecordingEnd) => void;
  private readonly passedOver = new Map<string, number>();
  private readonly lacking = new Set<string>();
  private readonly notContinued = new Set<string>();
  private isEnded = false;
  private pace: Pace = 'fast';
  private first: number | undefined;
  private at: number | undefined;
  private playedFrom: Readonly<{ real: number; recorded: number }> | undefined;

  constructor(private readonly files: RecordingFiles) {
    this.ended = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  /** When the last line was received that was shown; before any was, the real time. */
  now(): number {
    return this.at ?? Date.now();
  }

  /** When the last line was received that was shown, RFC 3339; undefined before any was. */
  get shownUntil(): string | undefined {
    return this.at === undefined ? undefined : new Date(this.at).toISOString();
  }

  begin(pace: Pace): void {
    this.pace = pace;
    [this.first, this.at, this.playedFrom] = [undefined, undefined, undefined];
    this.passedOver.clear();
    this.lacking.clear();
    this.notContinued.clear();
    if (this.isEnded)
      this.ended = new Promise((resolve) => {
        this.resolve = resolve;
      });
    this.isEnded = false;
  }

  /** Waits until a line's time has come. @param paused told when that takes longer than a moment */
  async await(receivedAt: number, signal: AbortSignal, paused: () => Promise<void>): Promise<void> {
    if (this.pace === 'fast') return;
    this.playedFrom ??= { real: Date.now(), recorded: receivedAt };
    const due = this.playedFrom.real + (receivedAt - this.playedFrom.recorded) / this.pace;
    const left = due - Date.now();
    if (left <= 0) return;
    if (left > 1_000) await paused();
    await sleep(Math.max(0, due - Date.now()), undefined, { signal }).catch(() => undefined);
  }

  move(receivedAt: number): void {
    this.first ??= receivedAt;
    this.at = receivedAt;
  }

  passOver(resource: string, lines: number): void {
    this.passedOver.set(resource, (this.passedOver.get(resource) ?? 0) + lines);
  }

  lacks(resource: string): void {
    this.lacking.add(resource);
  }

  /** What was recorded up to this position is not the beginning of this recording. */
  doesNotContinue(resource: string, position: string): void {
    this.notContinued.add(
      `${resource} after ${position}: this recording does not hold that position, so it was passed over`,
    );
  }

  end(problem: AuditError | undefined): void {
    const { files } = this;
    const told = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
    const cut = files.cuts.map(
      ({ file, line }) => `line ${line} of ${file}: it was cut in the middle and is not recorded`,
    );
    const estimated = 'when frames arrived: kubectl does not say, so the newest time in each stands for it';
    this.isEnded = true;
    this.resolve({
      lines: files.lines,
      from: told(this.first),
      to: told(this.at),
      passedOver: Object.fromEntries(this.passedOver),
      lacking: [...this.lacking],
      unknown: [...cut, ...(files.isEstimated ? [estimated] : []), ...this.notContinued],
      problem,
    });
  }
}

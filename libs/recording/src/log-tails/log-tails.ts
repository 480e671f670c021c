import { setTimeout as sleep } from 'node:timers/promises';
import { isKubernetesError } from '#libs/kubernetes';
import { isAuditError } from '#libs/platform';
import type { Appender } from '../appender.js';
import { BackOff } from '../back-off.js';
import { initLogCaptured } from '../reducing/index.js';
import type { Masking, Source } from '../reducing/index.js';
import { readTail } from './read-tail.js';
import type { Tail, TailDoor } from './read-tail.js';
import type { TailLedger, TailedPod, WantedTail } from './tail-ledger.js';

/** How one wanted tail ended: `dropped` when too many were wanted at once. */
export type TailOutcome = 'captured' | 'missing' | 'dropped';

/** What reading log tails needs. */
export type LogTailsNeeds = Readonly<{
  cluster: TailDoor;
  ledger: TailLedger;
  masking: Masking;
  appender: Pick<Appender, 'add'>;
  /** Where and when something is seen now. */
  source: () => Source;
  /** Bytes of a tail that are kept. */
  mostBytes: number;
  ended?: (outcome: TailOutcome) => void;
  /** Told when logs may be read, and when they may not. */
  readable?: (may: boolean) => void;
}>;

const atOnce = 4;
const mostWaiting = 10_000;
const refusalMs = 30_000;
const mostTries = 6;

/**
 * Records the end of the log of each failed attempt of an init container, soon after it was seen to fail: while its container waits or
 * runs again the kubelet keeps it, and after the next failure it does not. Reading never holds up a watch.
 */
export class LogTails {
  private readonly waiting: WantedTail[];
  private wake: (() => void) | undefined;

  constructor(private readonly needs: LogTailsNeeds) {
    this.waiting = [...needs.ledger.wanted];
  }

  /** Takes what a look at a pod shows. */
  look(pod: TailedPod, parts: ReadonlyMap<string, string | null>): void {
    for (const wanted of this.needs.ledger.look(pod, parts)) this.want(wanted);
  }

  /** The pod is no more, and its logs with it. */
  forget(stream: string): void {
    this.needs.ledger.forget(stream);
  }

  /**
   * Reads until `signal` says stop. What is wanted then is wanted still by the next session: it finds it in the log.
   *
   * @throws AuditError `writer-fenced`
   */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.wake?.(), { once: true });
    await Promise.all(Array.from({ length: atOnce }, () => this.work(signal)));
  }

  private want(wanted: WantedTail): void {
    if (this.waiting.length >= mostWaiting) {
      this.needs.ended?.('dropped');
      return;
    }
    this.waiting.push(wanted);
    this.wake?.();
  }

  private async work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.waiting.shift();
      if (next) await this.capture(next, signal);
      else await this.untilWanted(signal);
    }
  }

  private async untilWanted(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const before = this.wake;
      this.wake = () => {
        before?.();
        resolve();
      };
    });
    this.wake = undefined;
  }

  private async capture(wanted: WantedTail, signal: AbortSignal): Promise<void> {
    const backOff = new BackOff();
    let trouble: string | undefined;
    for (let tries = 1; !signal.aborted && this.needs.ledger.isWanted(wanted); tries += 1) {
      try {
        const tail = await readTail(this.needs.cluster, wanted, signal);
        this.needs.readable?.(true);
        // Whoever could not read in time should know what kept them from it.
        const missing =
          tail.missing !== null && trouble !== undefined ? `${tail.missing}; before: ${trouble}` : tail.missing;
        await this.record(wanted, { ...tail, missing } as Tail);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (isAuditError(error) || !isKubernetesError(error)) throw error;
        trouble = error.message;
        const refused = error.reason === 'forbidden';
        if (refused) this.needs.readable?.(false);
        // A missing right may be given while the attempt's log is still there.
        if (!refused && tries >= mostTries)
          return this.record(wanted, { lines: null, isCut: false, missing: error.message });
        await pause(refused ? refusalMs : Math.max(backOff.next(), error.retryAfterMs ?? 0), signal);
      }
    }
  }

  private async record(wanted: WantedTail, { lines, isCut, missing }: Tail): Promise<void> {
    const { ledger, masking, appender, source, mostBytes, ended } = this.needs;
    const { stream, uid, resourceVersion, container, containerId } = wanted;
    // A pod that went meanwhile has ended its stream.
    if (!ledger.isWanted(wanted)) return;
    ledger.captured(stream, container, containerId);
    const kept =
      lines === null
        ? null
        : masking.logEnd(
            lines.map(({ text }) => text),
            mostBytes,
          );
    const shown = lines?.slice(lines.length - (kept?.lines ?? 0)).filter(({ at }) => at !== null) ?? [];
    const said = {
      container,
      containerId,
      text: kept?.text ?? null,
      truncated: isCut || (kept?.truncated ?? false),
      firstLineAt: shown[0]?.at ?? null,
      lastLineAt: shown.at(-1)?.at ?? null,
      missing: missing === null ? null : missing.slice(0, 512),
    };
    await appender.add([initLogCaptured(source(), { uid, resourceVersion }, said)]);
    ended?.(missing === null ? 'captured' : 'missing');
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

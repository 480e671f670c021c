import type { Frame, Page } from '#libs/kubernetes';
import { isKubernetesError } from '#libs/kubernetes';
import type { GapCause, Via } from '#libs/init-history';
import { isAuditError } from '#libs/platform';
import { BackOff, pause } from './back-off.js';
import { KeepingUp } from './keeping-up.js';
import { causeOfLoss, isRefusal, lostBefore, tellLoss } from './loss.js';
import type { Lost } from './loss.js';
import { freshFrames } from './fresh-frames.js';
import { isBack, isOld } from './positions.js';
import { subjectStream, watchOpened } from './reducing/index.js';
import type { Draft, Source } from './reducing/index.js';
import { tellAgain, type ErasedStreams } from './tell-again.js';
import { choiceOf, pageSize } from './watch-choice.js';
import type { WatchLoopNeeds } from './watch-needs.js';
import { writeState } from './write-state.js';
import type { WatchStatus } from './watch-status.js';
import { watchName } from './watched.js';

const heldCheckMs = 1_000;
const refusalMs = 30_000;
/** A position at which the server fails so often is given up. */
const mostFailures = 5;

/**
 * Follows one resource, in one namespace or in all, for ever: lists, watches from there, goes on from its position after every
 * break, and lists again when the position is gone; then it says so, and what went missing meanwhile (semantics 6.1 and 6.2).
 */
export class WatchLoop {
  /** Resolves once there is nothing more to wait for: the first list is taken, the watch goes on, or a right is missing. */
  readonly opened: Promise<void>;
  private open!: () => void;
  private position: string | undefined;
  private lost: Lost | undefined;
  private seenUntil: string | undefined;
  private resumed: boolean;
  /** The right to look was missing since everything was seen last. */
  private refused = false;
  private readonly keepingUp: KeepingUp;
  /** After every break: the server may have been restored from a backup meanwhile, and would just be silent about it. */
  private doubtful: boolean;
  /** What there is was not written into the recording yet. */
  private unwritten: boolean;
  /** The watch epoch in which the position was taken. */
  private epoch: number;
  private failures = 0;
  private interrupt = new AbortController();
  private state: WatchStatus['state'] = 'starting';
  private contactAt: string | null = null;
  private trouble: Error | undefined;
  private readonly backOff: BackOff;
  private readonly name: string;

  constructor(private readonly needs: WatchLoopNeeds) {
    const { stored, watched, knownUntil } = needs;
    this.name = watchName(watched);
    this.position = stored?.resourceVersion;
    this.seenUntil = stored?.movedAt ?? knownUntil;
    this.keepingUp = new KeepingUp(() => this.now());
    this.lost = lostBefore(needs);
    this.resumed = stored !== undefined;
    this.doubtful = stored !== undefined;
    this.unwritten = stored !== undefined && needs.recording !== undefined;
    this.epoch = needs.shard.epoch();
    this.backOff = needs.backOff ?? new BackOff();
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  /** Where the watch stands. */
  get status(): WatchStatus {
    const { resource, namespace } = this.needs.watched;
    return {
      watch: this.name,
      resource: resource.name,
      namespace,
      state: this.state,
      resourceVersion: this.position ?? null,
      contactAt: this.contactAt,
      known: this.needs.watched.known.size,
      error: this.trouble?.message ?? null,
      refused: isRefusal(this.trouble),
    };
  }

  /**
   * Runs until `signal` says stop, then writes what is still held back.
   *
   * @throws AuditError `writer-fenced`
   */
  async run(signal: AbortSignal): Promise<void> {
    const held = setInterval(() => this.writeHeld(false), heldCheckMs);
    try {
      while (!signal.aborted) await this.step(signal);
      this.writeHeld(true);
    } finally {
      clearInterval(held);
      this.state = 'stopped';
      this.open();
    }
  }

  /** Another watch found that the server's history is another one: this one's position has to be looked into. */
  doubt(): void {
    this.doubtful = true;
    this.interrupt.abort();
  }

  /**
   * Tells in full what lives of the streams of its resource, if there are any: what was stored of them was erased.
   *
   * @returns false while the watch has no position: then it is not the time
   */
  async tellAgain(erased: ErasedStreams, signal: AbortSignal): Promise<boolean> {
    const streams = erased.get(this.needs.watched.resource.name) ?? [];
    if (streams.length === 0) return true;
    if (this.position === undefined) return false;
    const at = () => ({ position: this.position, source: this.source('restated') });
    await tellAgain(this.needs, at, { streams, signal });
    return true;
  }

  /** Writes what is held back and is due. */
  writeDue(now: number): void {
    if ((this.needs.watched.nextDue ?? Infinity) <= now) this.writeHeld(false, now);
  }

  /** Writes what is held back, before its time. */
  settle(): void {
    this.writeHeld(true);
  }

  private async step(signal: AbortSignal): Promise<void> {
    this.interrupt = new AbortController();
    const either = AbortSignal.any([signal, this.interrupt.signal]);
    try {
      if (this.position === undefined) await this.list(either);
      else if (this.unwritten) {
        await writeState(this.needs, { ...this.source('watch'), seenUntil: this.seenUntil }, either);
        this.unwritten = false;
      } else if (this.doubtful) await this.check(this.position, either);
      else await this.watch(this.position, either);
    } catch (error) {
      if (either.aborted) return;
      if (isAuditError(error)) throw error;
      await this.recover(error instanceof Error ? error : new Error(String(error)), either);
    }
  }

  /** A position that the server has not reached yet is one of another history (a restored etcd). */
  private async check(position: string, signal: AbortSignal): Promise<void> {
    const { cluster, watched } = this.needs;
    for await (const { resourceVersion } of cluster.list(watched.resource, {
      ...choiceOf(this.needs),
      signal,
      limit: 1,
    })) {
      this.doubtful = false;
      if (resourceVersion !== null && isBack(resourceVersion, position)) this.lose('forked');
      return;
    }
  }

  private async watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { cluster, watched } = this.needs;
    const { clock } = cluster;
    const began = clock.now();
    const frames = cluster.watch(watched.resource, { ...choiceOf(this.needs), resourceVersion, signal });
    for await (const each of frames) {
      this.keepingUp.comes();
      this.state = 'watching';
      this.contactAt = this.now();
      this.open();
      if (each.length > 0) await this.take(each);
      this.keepingUp.taken();
    }
    if (signal.aborted) return;
    this.keepingUp.comes();
    // Ended in good order: everything up to now was shown, unless we were too slow for it.
    this.sawEverything();
    this.needs.listener?.ended?.(this.name, 'well');
    if (clock.now() - began < 1_000) await pause(this.backOff.next(), signal);
    else this.backOff.reset();
  }

  private async take(frames: readonly Frame[]): Promise<void> {
    const { watched, appender, listener } = this.needs;
    const source = this.source('watch');
    const { position, needs } = this;
    const fresh = freshFrames(frames, {
      position,
      knows: (stream) => watched.known.has(stream),
      ahead: needs.ahead,
      turnsBack: () => this.doubt(),
    });
    const objects = fresh.filter(({ type }) => type === 'ADDED' || type === 'MODIFIED').map(({ object }) => object);
    const before = objects.length > 0 ? await watched.before?.(objects, source) : undefined;
    // From here to the appender nothing waits: what is known and what is queued must stay in step.
    this.needs.writeDue?.(Date.parse(source.receivedAt));
    this.needs.recording?.frames(watched, source.receivedAt, fresh);
    const drafts: Draft[] = [...(before?.() ?? [])];
    for (const { type, object } of fresh) {
      if (type === 'DELETED') drafts.push(...watched.gone(object, source));
      else if (type !== 'BOOKMARK') drafts.push(...watched.observed(object, source, this.position ?? null));
      this.move(object.metadata.resourceVersion);
    }
    this.sawEverything();
    this.backOff.reset();
    listener?.frames?.(this.name, frames.length, frames.length - fresh.length);
    listener?.observed?.(drafts);
    await appender.add(drafts, this.storable());
  }

  private move(resourceVersion: string): void {
    if (!isOld(resourceVersion, this.position)) this.position = resourceVersion;
  }

  private async list(signal: AbortSignal): Promise<void> {
    this.state = 'listing';
    const seen = new Set<string>();
    let attempt = -1;
    for await (const page of this.pages(signal)) {
      const source = this.source(this.lost && !this.lost.isHandedOver ? 'relist' : 'initialList');
      if (page.attempt !== attempt) {
        seen.clear();
        // A list that had to be begun anew is of a later moment: what came and went since the first one is missed as well.
        await this.announce(page.resourceVersion, source.receivedAt);
      }
      attempt = page.attempt;
      await this.takePage(page, seen, source);
    }
    this.lost = undefined;
    this.keepingUp.behindSince = undefined;
    this.sawEverything();
    this.backOff.reset();
    this.open();
  }

  /** A first list may come as a stream; after a loss the resourceVersion has to be known before the first item. */
  private pages(signal: AbortSignal): AsyncGenerator<Page> {
    const { cluster, watched, recording } = this.needs;
    const choice = { ...choiceOf(this.needs), signal, limit: pageSize };
    const { resource } = watched;
    // A recording holds lists, not streams that stand for one.
    return this.lost?.resourceVersion || recording ? cluster.list(resource, choice) : cluster.stream(resource, choice);
  }

  private async takePage(page: Page, seen: Set<string>, at: Source): Promise<void> {
    const { watched, appender, listener } = this.needs;
    // A fork that was announced meanwhile has raised the epoch.
    const source = { ...at, watchEpoch: this.needs.shard.epoch() };
    const before = await watched.before?.(page.items, source);
    this.needs.writeDue?.(Date.parse(source.receivedAt));
    this.needs.recording?.page(watched, source.receivedAt, page);
    const drafts: Draft[] = [...(before?.() ?? [])];
    for (const object of page.items) {
      seen.add(subjectStream(object.metadata.uid));
      drafts.push(...watched.observed(object, source, null));
    }
    this.contactAt = source.receivedAt;
    if (page.last && page.resourceVersion) drafts.push(...this.complete(page.resourceVersion, seen, source));
    listener?.frames?.(this.name, page.items.length, 0);
    listener?.observed?.(drafts);
    await appender.add(drafts, page.last ? this.storable() : undefined);
  }

  /** Only a complete list proves absence, and only its resourceVersion is a position. */
  private complete(resourceVersion: string, seen: ReadonlySet<string>, source: Source): Draft[] {
    const { watched, shard, serverVersion } = this.needs;
    const foundMissing = source.receivedAt;
    const absence = { lastSeen: this.seenUntil ?? foundMissing, foundMissing, listResourceVersion: resourceVersion };
    const drafts = [...watched.known.uids()]
      .filter((stream) => !seen.has(stream))
      .flatMap((stream) => watched.missing(stream, source, absence));
    this.position = resourceVersion;
    this.epoch = shard.epoch();
    this.doubtful = false;
    this.needs.ahead?.clear();
    this.needs.listener?.opened?.(this.name, seen.size);
    const { resource, namespace } = watched;
    const said = { resource: resource.name, namespace, count: seen.size, watchEpoch: shard.epoch(), serverVersion };
    return [...drafts, watchOpened(source, said, resourceVersion)];
  }

  /** Says, before anything of the new list, what may have gone unseen before it. */
  private async announce(listed: string | null, at: string): Promise<void> {
    if (!this.lost) return;
    const { appender, listener } = this.needs;
    const drafts = await tellLoss(this.needs, { lost: this.lost, listed, epoch: this.epoch, at });
    listener?.observed?.(drafts);
    await appender.add(drafts);
  }

  private async recover(error: Error, signal: AbortSignal): Promise<void> {
    const { resumed, failures, keepingUp } = this;
    this.trouble = error;
    this.doubtful = true;
    const refused = isRefusal(error);
    this.state = refused ? 'refused' : 'waiting';
    this.needs.listener?.ended?.(this.name, isKubernetesError(error) ? error.reason : 'fault', error);
    if (refused) this.refuse();
    if (this.isPositionLost(error))
      this.lose(causeOfLoss({ resumed, refused: this.refused, failures, behind: keepingUp.behindSince !== undefined }));
    this.refused ||= refused;
    const told = isKubernetesError(error) ? error.retryAfterMs : null;
    const wait = isKubernetesError(error, 'expired') && this.failures === 0 ? 0 : this.backOff.next();
    this.failures += 1;
    await pause(refused ? refusalMs * (0.75 + Math.random() / 2) : Math.max(wait, told ?? 0), signal);
  }

  private isPositionLost(error: Error): boolean {
    if (this.position === undefined) return false;
    if (isKubernetesError(error, 'expired', 'invalid')) return true;
    return isKubernetesError(error, 'server', 'ahead') && this.failures + 1 >= mostFailures;
  }

  private refuse(): void {
    this.open();
    if (this.position === undefined) this.lost ??= { cause: 'forbidden', from: this.now(), resourceVersion: null };
  }

  private lose(cause: GapCause): void {
    const from = this.seenUntil ?? this.now();
    this.lost ??= { cause, from, resourceVersion: this.position ?? null };
    if (!this.unwritten) this.needs.recording?.closed(this.needs.watched, from);
    this.unwritten = false;
    this.position = undefined;
  }

  private sawEverything(): void {
    this.seenUntil = this.keepingUp.behindSince ?? this.now();
    this.resumed = false;
    this.refused = false;
    this.failures = 0;
    this.trouble = undefined;
  }

  private writeHeld(all: boolean, now = this.needs.cluster.clock.now()): void {
    const drafts = this.needs.watched.due?.(now, all) ?? [];
    if (drafts.length === 0) return;
    this.needs.listener?.observed?.(drafts);
    // A full queue must not be waited for here; whatever ends the appender ends the loop as well.
    this.needs.appender.add(drafts, this.storable()).catch(() => this.interrupt.abort());
  }

  private storable(): { watch: string; resourceVersion: string } | undefined {
    if (this.position === undefined) return undefined;
    const { watched } = this.needs;
    return { watch: this.name, resourceVersion: watched.storable?.(this.position) ?? this.position };
  }

  private source(via: Via): Source {
    const { shard } = this.needs;
    return { shardId: shard.id, watchEpoch: shard.epoch(), via, receivedAt: this.now() };
  }

  private now(): string {
    return new Date(this.needs.cluster.clock.now()).toISOString();
  }
}

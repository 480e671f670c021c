import { setTimeout as sleep } from 'node:timers/promises';
import { AuditError, isAuditError } from '#libs/platform';
import { KubernetesError } from '../kubernetes-error.js';
import type { Resource } from '../resources.js';
import type { Body, Door, Question } from '../transport.js';
import { Channel } from './channel.js';
import { lineGroups } from './line-groups.js';
import type { LineGroup } from './line-groups.js';
import { endInitial, refuseRest, showClosed, showFrames, showList } from './play-lines.js';
import { resumePlaces } from './resume-place.js';
import { SeenObjects } from './seen-objects.js';
import type { RecordingFiles } from './recording-files.js';
import { Recorded, type Pace } from './recorded.js';

/** What is watched of a recording; `podTable` and whatever else is in it is passed over, and counted. */
const clusterWide = ['nodes', 'namespaces'] as const;
const namespaced = ['pods', 'events'] as const;

/** How long standard input may say nothing before a list that kubectl printed as frames counts as complete. */
const initialPauseMs = 1_000;

export type Play = Readonly<{ files: RecordingFiles; pace: Pace; namespaces: readonly string[] }>;

/**
 * Answers lists and watches from a recording, in its order and at its pace: each line is given to the watch of its resource, and the
 * next one only when that has done with it. What a watch meets is what it met then: frames, a watch that ends, 410 where the
 * watcher had to list again.
 */
export class RecordedTransport implements Door {
  readonly recorded: Recorded;
  private readonly objects = new SeenObjects();
  private channels: readonly Channel[] = [];
  private playing: Promise<void> | undefined;
  private stop = new AbortController();
  private recordedUntil = -Infinity;

  constructor(private readonly play: Play) {
    this.recorded = new Recorded(play.files);
    this.begin();
  }

  get server(): string {
    return this.play.files.header?.server ?? `recording:${this.play.files.place}`;
  }

  async open(path: string, { signal }: Question = {}): Promise<Body> {
    const { pathname, searchParams } = new URL(path, 'http://recording');
    const channel = this.channelAt(pathname);
    if (!channel || !searchParams.has('watch')) throw notRecorded(path);
    return channel.watch(searchParams.get('resourceVersion') ?? undefined, signal);
  }

  async json(path: string, { method = 'GET', signal }: Question = {}): Promise<unknown> {
    // A file has no rights that could be missing.
    if (method === 'POST' && path.endsWith('/selfsubjectaccessreviews')) return { status: { allowed: true } };
    const { pathname, searchParams } = new URL(path, 'http://recording');
    const channel = this.channelAt(pathname);
    if (channel) return channel.page(searchParams.has('continue'), signal);
    const object = this.objects.at(pathname);
    if (!object) throw notRecorded(path);
    return object;
  }

  /** Whether what comes next of a resource is a list, or frames that stand for one, as of kubectl. */
  async nextOf(pathname: string, signal?: AbortSignal): Promise<'list' | 'frames'> {
    const channel = this.channelAt(pathname);
    if (!channel) throw notRecorded(pathname);
    return channel.state(signal);
  }

  /** Where an owner's kind is served: as the lines say that showed one. */
  resourceOf(apiVersion: string, kind: string): Resource | undefined {
    return this.objects.resourceOf(apiVersion, kind);
  }

  /** Until when, in its own time, this recording was recorded before: epoch milliseconds. What comes later is new. */
  recordedBefore(until: number): void {
    this.recordedUntil = until;
  }

  /** Plays from the beginning again: a new session resumes at the positions that it has stored. */
  async rewind(): Promise<void> {
    this.close();
    await this.playing;
    this.begin();
  }

  close(): void {
    this.stop.abort();
    for (const channel of this.channels) channel.stop();
  }

  private begin(): void {
    const { namespaces, pace } = this.play;
    this.recorded.begin(pace);
    const scopes = namespaces.length > 0 ? namespaces : [null];
    this.channels = [
      ...clusterWide.map((resource) => new Channel(resource, null)),
      ...scopes.flatMap((scope) => namespaced.map((resource) => new Channel(resource, scope))),
    ];
    this.stop = new AbortController();
    this.playing = undefined;
  }

  /** The channel that a path lists or watches. The first question sets the play going. */
  private channelAt(pathname: string): Channel | undefined {
    const [, namespace = null, resource] = /^\/api\/v1(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(pathname) ?? [];
    const found = this.channels.find((each) => each.resource === resource && each.namespace === namespace);
    if (found) this.playing ??= this.run(this.stop.signal);
    return found;
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { files } = this.play;
    const isLive = !files.canBeReadAgain;
    try {
      for await (const group of lineGroups(files.read(), isLive, (next) => this.whileWaiting(next))) {
        if (signal.aborted) return;
        await this.recorded.await(group.receivedAt, signal, () => this.endInitials());
        if (signal.aborted) return;
        this.recorded.move(group.receivedAt);
        await this.show(group);
      }
      await this.finish();
    } catch (error) {
      if (signal.aborted) return;
      await this.finish(toEnd(error));
    }
  }

  /**
   * Looks, before the first of them goes on, where in the recording the watches go on that resume. They are opened side by side, so that
   * one look serves most of them.
   */
  private async findPlace(channel: Channel): Promise<void> {
    const { files } = this.play;
    await channel.next();
    if (!isSought(channel) || !files.canBeReadAgain) return;
    const seekers = this.channels.filter(isSought);
    const sought = seekers.map(({ resource, namespace, resumesAt: position = '' }) => ({
      resource,
      namespace,
      position,
    }));
    const groups = lineGroups(files.lookThrough(), false, (next) => next);
    const places = await resumePlaces(groups, sought, this.recordedUntil);
    for (const [index, each] of seekers.entries()) each.resumePlace = places[index] ?? nowhere;
  }

  private async show(group: LineGroup): Promise<void> {
    const { resource } = group;
    const channels = this.channels.filter(
      (each) =>
        each.resource === resource &&
        (group.namespace === null || each.namespace === null || each.namespace === group.namespace),
    );
    if (channels.length === 0 && !this.objects.take(group)) this.recorded.passOver(resource, group.lines.length);
    for (const channel of channels) {
      await this.findPlace(channel);
      if (group.what === 'list') await showList(channel, group);
      else if (group.what === 'closed') await showClosed(channel);
      else await showFrames(channel, group);
    }
  }

  private async finish(problem?: AuditError): Promise<void> {
    await this.endInitials();
    for (const { resource, begun, resumesAt } of this.channels) {
      if (!begun) this.recorded.lacks(resource);
      if (resumesAt !== undefined) this.recorded.doesNotContinue(resource, resumesAt);
    }
    this.recorded.end(problem);
    for (const channel of this.channels) void refuseRest(channel);
  }

  /** Frames that stand for a list are complete when others follow, or when nothing does. */
  private async endInitials(): Promise<void> {
    for (const channel of this.channels) await endInitial(channel);
  }

  private async whileWaiting<Next>(next: Promise<Next>): Promise<Next> {
    if (this.play.files.canBeReadAgain) return next;
    const pause = new AbortController();
    const paused = sleep(initialPauseMs, 'paused' as const, { signal: pause.signal, ref: false }).catch(
      () => undefined,
    );
    const first = await Promise.race([next.then(() => 'next' as const), paused]);
    pause.abort();
    if (first === 'paused') await this.endInitials();
    return next;
  }
}

const nowhere = { nth: Infinity, late: false };

const isSought = ({ resumesAt, resumePlace }: Channel): boolean => resumesAt !== undefined && resumePlace === undefined;

function notRecorded(path: string): KubernetesError {
  return new KubernetesError('notFound', `The recording does not hold ${path}`, { status: 404 });
}

function toEnd(error: unknown): AuditError {
  if (isAuditError(error)) return error;
  return new AuditError('internal', `The recording could not be played: ${String(error)}`, { cause: error });
}

import type { ObjectStore } from './object-store.js';
import type { OutageKind } from './outage.js';
import type { ResourceName } from './resources.js';

/** An open watch, as far as faults are concerned. */
export type OpenWatch = {
  readonly resource: ResourceName;
  /** Ends the answer as a whole one. */
  end(): void;
  /** Cuts the connection. */
  cut(): void;
  /** Cuts the connection in the middle of the next line. */
  cutMidLine(): void;
  /** Swallows everything from now on. */
  stall(): void;
};

/** How many writes a server lags behind that says an older position. */
const behind = 20;

/** Which watches a fault is about: those of one kind, or all. */
export type Scope = { resource?: ResourceName };

/** What can go wrong with nodes; a cluster that has some provides it. Each throws RangeError where there is no such node or pod. */
export type NodeFaults = Readonly<{
  killSandbox(pod: Readonly<{ namespace: string; name: string }>): void;
  reboot(node: string): void;
  stopKubelet(node: string): void;
  startKubelet(node: string): void;
  loseNode(node: string): void;
  evict(pod: Readonly<{ namespace: string; name: string }>, lowOn?: string): void;
  shutdown(node: string): void;
  cutFromApi(node: string, forMs: number): void;
}>;

/** What is done to the frames of a kind, until it is undone. */
type Treatment = { delayMs: number; duplicates: number; cuts: number };

/**
 * What goes wrong on command. Nothing goes wrong by itself.
 *
 * Faults of frames concern the watches that are open and those that open later, until `heal`.
 */
export class Faults {
  private readonly streams = new Set<OpenWatch>();
  private readonly treatments = new Map<ResourceName | '*', Treatment>();
  private oldest = 0;
  private cachedSince = 0;
  private refusedUntil = 0;
  private answers: { code: 429 | 500 | 503; times: number; retryAfterSeconds: number } | undefined;
  private tokensRefused = false;
  private mostOfPage = Number.POSITIVE_INFINITY;
  private continuations = 0;
  private bookmarks = 0;
  private disconnect: () => void = () => {};
  private nodes: NodeFaults | undefined;
  private store: Pick<ObjectStore, 'revisions' | 'outage'> | undefined;

  /** Connects the faults with what they happen to; the server does so. */
  attach(store: Pick<ObjectStore, 'revisions' | 'outage'>, disconnect: () => void): void {
    this.store = store;
    this.disconnect = disconnect;
    let kind: OutageKind = 'kill';
    store.outage.listen({
      onBegin: (begun) => {
        kind = begun;
        if (kind === 'kill') this.cutWatches();
      },
      onStart: () => {
        if (kind === 'restart') this.cutWatches();
      },
      onAnswer: () => void (this.cachedSince = store.revisions.current),
    });
  }

  /** Connects the faults with the cluster's nodes. */
  attachNodes(nodes: NodeFaults): void {
    this.nodes = nodes;
  }

  /**
   * What goes wrong with nodes: a pod's sandbox dies, or its kubelet evicts it, a node reboots, is shut down or lost, a kubelet ends, begins, or cannot reach the API.
   *
   * @throws RangeError where there is no such node or pod, or no node at all
   */
  get node(): NodeFaults {
    if (!this.nodes) throw new RangeError('this is an API without nodes');
    return this.nodes;
  }

  /** How many watches are open, of one kind or of all. */
  watches({ resource }: Scope = {}): number {
    return this.chosen(resource).length;
  }

  /** Ends watches in the orderly way, with no word why: what a server does at a time-out, or a load balancer. */
  dropWatches({ resource }: Scope = {}): void {
    for (const stream of this.chosen(resource)) stream.end();
  }

  /** Cuts the connections of watches. */
  cutWatches({ resource }: Scope = {}): void {
    for (const stream of this.chosen(resource)) stream.cut();
  }

  /** Cuts each watch in the middle of the next frame that it would send. */
  cutMidLine({ resource }: Scope = {}): void {
    for (const stream of this.chosen(resource)) stream.cutMidLine();
    if (this.chosen(resource).length === 0) this.treat(resource, { cuts: 1 });
  }

  /** Sends nothing more on the open watches, and keeps them open: what a connection is whose other end is gone. */
  stallWatches({ resource }: Scope = {}): void {
    for (const stream of this.chosen(resource)) stream.stall();
  }

  /** Sends frames so many milliseconds late, in their order. With one kind only, that kind falls behind the others. */
  delayFrames(delayMs: number, { resource }: Scope = {}): void {
    this.treat(resource, { delayMs });
  }

  /** Sends each of the next frames twice. */
  duplicateFrames(times: number, { resource }: Scope = {}): void {
    this.treat(resource, { duplicates: times });
  }

  /** Answers 410 to every position and continuation from before now. */
  expire(): void {
    this.oldest = this.store?.revisions.current ?? 0;
  }

  /** Forgets history, up to now unless told: later reads of what is gone get 410. */
  compact(revision?: number): void {
    this.store?.revisions.compact(revision);
  }

  /** Goes back to the state at a resourceVersion and counts on from there, with all watches cut: etcd restored from a backup. */
  resetResourceVersions(revision: number): void {
    this.store?.revisions.restore(revision);
    this.oldest = 0;
    this.cachedSince = 0;
    this.cutWatches();
  }

  /** Puts no more than so many objects on a page, however many are asked for, as a server may; until `heal`. */
  shortenPages(most: number): void {
    this.mostOfPage = most;
  }

  /** Answers 410 to the next continuations of lists, wherever they were: what a list that takes longer than etcd remembers meets. */
  expireContinuations(times: number): void {
    this.continuations = times;
  }

  /** Sends the next bookmarks with an older position, that of a server that lags behind. */
  ageBookmarks(times: number): void {
    this.bookmarks = times;
  }

  /** Refuses all connections for a while, and cuts those that are open. */
  refuseConnections(forMs: number): void {
    this.refusedUntil = performance.now() + forMs;
    this.disconnect();
  }

  /** The API server gets SIGTERM: it takes no request any longer, its watches say nothing and are cut 5 s later, when it is killed and started again. */
  restartApi(): void {
    this.store?.outage.begin('restart');
  }

  /** The API server gets SIGKILL and is started again; nobody is answered for a second. Its watch cache begins anew, as after every start. */
  killApi(): void {
    this.store?.outage.begin('kill');
  }

  /** Answers the next requests with 429 and `Retry-After`. */
  tooManyRequests(times: number, retryAfterSeconds = 1): void {
    this.answers = { code: 429, times, retryAfterSeconds };
  }

  /** Answers the next requests with 500, or 503. */
  serverErrors(times: number, code: 500 | 503 = 500): void {
    this.answers = { code, times, retryAfterSeconds: 0 };
  }

  /** Knows no token any longer, as when the one that a client has was rotated away; until `heal`. */
  refuseTokens(): void {
    this.tokensRefused = true;
  }

  /** Ends all that goes on. Positions that were expired stay so. */
  heal(): void {
    this.treatments.clear();
    this.answers = undefined;
    this.tokensRefused = false;
    this.mostOfPage = Number.POSITIVE_INFINITY;
    this.continuations = 0;
    this.bookmarks = 0;
    this.refusedUntil = 0;
    this.store?.outage.end();
  }

  /** @internal the oldest position that may still be continued from */
  get oldestPosition(): number {
    return this.oldest;
  }

  /** @internal the oldest position that a watch cache knows: that of its server's start */
  get oldestCached(): number {
    return this.cachedSince;
  }

  /** @internal */
  get refusesConnections(): boolean {
    return performance.now() < this.refusedUntil;
  }

  /** @internal */
  get refusesTokens(): boolean {
    return this.tokensRefused;
  }

  /** @internal how many objects a page holds at most */
  get pageSize(): number {
    return this.mostOfPage;
  }

  /** @internal whether this continuation is one that expires, used up by asking */
  takesContinuation(): boolean {
    if (this.continuations <= 0) return false;
    this.continuations -= 1;
    return true;
  }

  /** @internal the position that a bookmark says where it is this one, used up by asking */
  agedPosition(current: number): number {
    if (this.bookmarks <= 0) return current;
    this.bookmarks -= 1;
    return Math.max(1, this.oldest, current - behind);
  }

  /** @internal the failure that the next request is to be answered with, used up by asking */
  takeAnswer(): { code: 429 | 500 | 503; retryAfterSeconds: number } | undefined {
    if (!this.answers || this.answers.times <= 0) return undefined;
    this.answers.times -= 1;
    return this.answers;
  }

  /** @internal */
  opened(stream: OpenWatch): void {
    this.streams.add(stream);
    const { cuts } = this.treatment(stream.resource);
    if (cuts > 0) {
      stream.cutMidLine();
      this.treat(undefined, { cuts: 0 });
      this.treat(stream.resource, { cuts: 0 });
    }
  }

  /** @internal */
  closed(stream: OpenWatch): void {
    this.streams.delete(stream);
  }

  /** @internal what a frame of this kind meets: how late it is sent, and how often */
  meet(resource: ResourceName): { delayMs: number; copies: number } {
    const own = this.treatments.get(resource);
    const all = this.treatments.get('*');
    const doubling = [own, all].find((treatment) => (treatment?.duplicates ?? 0) > 0);
    if (doubling) doubling.duplicates -= 1;
    return { delayMs: own?.delayMs ?? all?.delayMs ?? 0, copies: doubling ? 2 : 1 };
  }

  private chosen(resource: ResourceName | undefined): OpenWatch[] {
    return [...this.streams].filter((stream) => resource === undefined || stream.resource === resource);
  }

  private treatment(resource: ResourceName): Treatment {
    return this.treatments.get(resource) ?? this.treatments.get('*') ?? { delayMs: 0, duplicates: 0, cuts: 0 };
  }

  private treat(resource: ResourceName | undefined, change: Partial<Treatment>): void {
    const known = this.treatments.get(resource ?? '*') ?? { delayMs: 0, duplicates: 0, cuts: 0 };
    this.treatments.set(resource ?? '*', { ...known, ...change });
  }
}

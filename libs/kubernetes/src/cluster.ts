import { createHash } from 'node:crypto';
import type { KubeConfig } from '@kubernetes/client-node';
import { reviewAccess, reviewOwnAccess, reviewToken } from './access-reviews.js';
import type { Right, Subject, TokenReview } from './access-reviews.js';
import type { Frame } from './frame.js';
import { isKubernetesError } from './kubernetes-error.js';
import type { KubernetesObject } from './kubernetes-object.js';
import { list, listByStream } from './list.js';
import type { ListChoice, Page } from './list.js';
import { podLog } from './pod-log.js';
import type { PodLog, PodLogChoice } from './pod-log.js';
import { wholeRange } from './ranges.js';
import { builtInOwners, groupPath, namespaces, pathOf, pods } from './resources.js';
import type { Resource } from './resources.js';
import { ShardSelector } from './shard-selector.js';
import type { Door, Question } from './transport.js';
import { watch } from './watch.js';
import type { WatchChoice } from './watch.js';

/** What `GET /version` says. `minor` is a number: vendors write `34+`. */
export type ServerVersion = Readonly<{ gitVersion: string; major: number; minor: number }>;

/** What makes a cluster this cluster: the UID of kube-system, or, weaker, its address and certificate authority; of a recording its beginning. */
export type ClusterIdentity = Readonly<{ uid: string; basis: 'namespaceUid' | 'serverAndCa' | 'recording' }>;

/** The time at which what a cluster says arrives, in epoch milliseconds. */
export type Clock = Readonly<{ now(): number }>;

const systemClock: Clock = { now: () => Date.now() };

const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const streamsSince = 34;

/** One API server, asked with the credentials of one context. Made by `connect`; whether it answers shows with the first question. */
export class Cluster {
  private discovered = new Map<string, readonly Resource[]>();
  private streams: boolean | undefined;

  constructor(
    private readonly config: Pick<KubeConfig, 'currentContext' | 'getCurrentCluster'>,
    private readonly transport: Door,
    readonly clock: Clock = systemClock,
  ) {}

  /** The context's name. */
  get name(): string {
    return this.config.currentContext;
  }

  /** The API server's address. */
  get server(): string {
    return this.transport.server;
  }

  async version(): Promise<ServerVersion> {
    const { gitVersion, major, minor } = (await this.transport.json('/version')) as Record<string, string>;
    return {
      gitVersion: gitVersion ?? '',
      major: Number.parseInt(major ?? '', 10),
      minor: Number.parseInt(minor ?? '', 10),
    };
  }

  /** Who the cluster is. Only a refusal makes it the weaker identity: a cluster that does not answer is an error. */
  async identity(): Promise<ClusterIdentity> {
    try {
      const kubeSystem = await this.get(namespaces, 'kube-system');
      return { uid: kubeSystem.metadata.uid, basis: 'namespaceUid' };
    } catch (error) {
      if (!isKubernetesError(error, 'forbidden', 'notFound')) throw error;
      return { uid: this.weakUid(), basis: 'serverAndCa' };
    }
  }

  /** One object, as its metadata alone unless `whole`. */
  async get(
    resource: Resource,
    name: string,
    choice: { namespace?: string; whole?: boolean } = {},
  ): Promise<KubernetesObject> {
    const path = `${pathOf(resource, choice.namespace)}/${encodeURIComponent(name)}`;
    return (await this.ask(path, choice.whole ? {} : { accept: metadataOnly })) as KubernetesObject;
  }

  /** Any other question, answered in JSON. */
  ask(path: string, question: Question = {}): Promise<unknown> {
    return this.transport.json(path, question);
  }

  /**
   * The most recent state, page by page, consistent over all pages.
   *
   * @throws KubernetesError
   */
  list(resource: Resource, choice: ListChoice = {}): AsyncGenerator<Page> {
    return list(this.transport, resource, choice);
  }

  /**
   * The same as one stream where the server has WatchList. Where it has not, or its stream breaks off, it is a list with the next
   * `attempt`: what was handed on before proves nothing.
   */
  async *stream(resource: Resource, choice: ListChoice = {}): AsyncGenerator<Page> {
    let attempt = 0;
    if (await this.hasStreams()) {
      try {
        yield* listByStream(this.transport, resource, choice);
        return;
      } catch (error) {
        if (!isKubernetesError(error, 'invalid', 'silent', 'broken')) throw error;
        if (error.reason === 'invalid') this.streams = false;
        attempt = 1;
      }
    }
    for await (const page of this.list(resource, choice)) yield { ...page, attempt: page.attempt + attempt };
  }

  /**
   * Whether the server leaves out of a list of pods what it is asked to (KEP-5866): where a selector is given, what that one says.
   * One that does not read the question, or of whom we may not ask it, does not.
   *
   * @throws KubernetesError when it does not answer
   */
  async divides(probe = new ShardSelector(wholeRange)): Promise<boolean> {
    const ask = async (query: URLSearchParams) =>
      (await this.ask(`${pathOf(pods)}?${query.toString()}`)) as { metadata?: { shardInfo?: { selector?: string } } };
    try {
      const { metadata } = await probe.ask(pods, new URLSearchParams({ limit: '1' }), ask);
      probe.listed(pods, metadata?.shardInfo?.selector);
    } catch (error) {
      if (!isKubernetesError(error, 'forbidden')) throw error;
    }
    return probe.isHeeded ?? false;
  }

  /** Everything that changes after a resourceVersion; see `watch`. */
  watch(resource: Resource, choice: WatchChoice & { resourceVersion: string }): AsyncGenerator<readonly Frame[]> {
    return watch(this.transport, resource, choice);
  }

  /** The end of a container's log; see `podLog`. */
  podLog(choice: PodLogChoice): Promise<PodLog> {
    return podLog(this.transport, choice);
  }

  /** Where the API serves a kind: by discovery, except for the built-in controllers. Undefined for a kind that it does not have. */
  async findResource(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const isIt = (each: Resource) => each.apiVersion === apiVersion && each.kind === kind;
    return builtInOwners.find(isIt) ?? (await this.discover(apiVersion)).find(isIt);
  }

  reviewToken(token: string, audiences: readonly string[] = []): Promise<TokenReview> {
    return reviewToken(this.transport, token, audiences);
  }

  reviewAccess(subject: Subject, right: Right): Promise<boolean> {
    return reviewAccess(this.transport, subject, right);
  }

  reviewOwnAccess(right: Right): Promise<boolean> {
    return reviewOwnAccess(this.transport, right);
  }

  /** Closes idle connections. Open watches end by their signals. */
  close(): void {
    this.transport.close();
  }

  private weakUid(): string {
    const cluster = this.config.getCurrentCluster();
    return createHash('sha256')
      .update(JSON.stringify([cluster?.server, cluster?.caData ?? cluster?.caFile ?? null]))
      .digest('hex')
      .slice(0, 32);
  }

  private async hasStreams(): Promise<boolean> {
    this.streams ??= (await this.version()).minor >= streamsSince;
    return this.streams;
  }

  private async discover(apiVersion: string): Promise<readonly Resource[]> {
    const kept = this.discovered.get(apiVersion);
    if (kept) return kept;
    const found = await this.askResources(apiVersion);
    this.discovered.set(apiVersion, found);
    return found;
  }

  private async askResources(apiVersion: string): Promise<readonly Resource[]> {
    try {
      const { resources = [] } = (await this.ask(groupPath(apiVersion))) as { resources?: readonly Resource[] };
      return resources
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, kind, namespaced }) => ({ name, kind, namespaced, apiVersion }));
    } catch (error) {
      if (isKubernetesError(error, 'notFound')) return [];
      throw error;
    }
  }
}

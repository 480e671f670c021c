import { setTimeout as sleep } from 'node:timers/promises';
import { isKubernetesError, namespaces } from '#libs/kubernetes';
import type { Cluster, KubernetesObject } from '#libs/kubernetes';
import { isAuditError } from '#libs/platform';
import type { Appender } from './appender.js';
import type { ShardOfWatch } from './loss.js';
import { subjectStream } from './reducing/index.js';
import type { Draft, Source } from './reducing/index.js';
import type { RecordingWriter } from './write-recording.js';
import type { WatchStatus } from './watch-status.js';
import type { ErasedStreams } from './tell-again.js';
import type { Watched } from './watched.js';

/** What looking at one namespace needs. */
export type NamespaceLookNeeds = Readonly<{
  cluster: Pick<Cluster, 'get' | 'clock'>;
  name: string;
  /** How namespaces become observations. */
  watched: Watched;
  appender: Appender;
  shard: ShardOfWatch;
  everyMs?: number;
  /** What is seen is written into a recording as well. */
  recording?: RecordingWriter | undefined;
}>;

const usualEveryMs = 30_000;

/**
 * Looks at one namespace again and again: a Role in it allows to get it, and no role in a namespace allows to watch namespaces.
 * So its UID is known when its pods are, unless it is made anew between two looks.
 */
export class NamespaceLook {
  readonly opened: Promise<void>;
  private open!: () => void;
  private trouble: Error | undefined;
  private contactAt: string | null = null;
  private resourceVersion: string | null = null;
  private stream: string | undefined;
  private last: KubernetesObject | undefined;

  constructor(private readonly needs: NamespaceLookNeeds) {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  get status(): WatchStatus {
    const refused = isKubernetesError(this.trouble, 'forbidden', 'unauthorized');
    return {
      watch: `namespaces/${this.needs.name}`,
      resource: 'namespaces',
      namespace: this.needs.name,
      state: refused ? 'refused' : this.trouble ? 'waiting' : this.contactAt === null ? 'starting' : 'watching',
      resourceVersion: this.resourceVersion,
      contactAt: this.contactAt,
      known: this.needs.watched.known.size,
      error: this.trouble?.message ?? null,
      refused,
    };
  }

  /** Lets the next look tell in full what lives of namespaces: what was stored of them was erased. */
  tellAgain(erased: ErasedStreams): Promise<boolean> {
    const { known } = this.needs.watched;
    for (const stream of erased.get(namespaces.name) ?? []) if (known.has(stream)) known.empty(stream);
    return Promise.resolve(true);
  }

  /** Runs until `signal` says stop. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      this.open();
      await sleep(this.needs.everyMs ?? usualEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One look. */
  async look(): Promise<void> {
    const { cluster, name, watched, appender } = this.needs;
    try {
      const namespace = await cluster.get(namespaces, name);
      const stream = subjectStream(namespace.metadata.uid);
      const gone = this.stream === stream ? [] : this.missing();
      const source = this.source();
      const seen = watched.observed(namespace, source, null);
      if (seen.length > 0 || this.last === undefined)
        this.needs.recording?.object(watched, source.receivedAt, namespace);
      this.last = namespace;
      await appender.add([...gone, ...seen]);
      this.stream = stream;
      this.resourceVersion = namespace.metadata.resourceVersion;
      this.contactAt = this.now();
      this.trouble = undefined;
    } catch (error) {
      if (isAuditError(error)) throw error;
      this.trouble = error instanceof Error ? error : new Error(String(error));
      if (isKubernetesError(error, 'notFound')) await appender.add(this.missing());
    }
  }

  /** The namespace of the last look is no more: it was deleted, and perhaps made anew. */
  private missing(): readonly Draft[] {
    const { stream, contactAt, resourceVersion } = this;
    if (stream === undefined || contactAt === null) return [];
    const source = this.source();
    if (this.last) this.needs.recording?.object(this.needs.watched, source.receivedAt, this.last, 'DELETED');
    this.last = undefined;
    this.stream = undefined;
    const absence = {
      lastSeen: contactAt,
      foundMissing: source.receivedAt,
      listResourceVersion: resourceVersion ?? '',
    };
    return this.needs.watched.missing(stream, source, absence);
  }

  private source(): Source {
    const { shard } = this.needs;
    const via = this.contactAt === null ? 'initialList' : 'relist';
    return { shardId: shard.id, watchEpoch: shard.epoch(), via, receivedAt: this.now() };
  }

  private now(): string {
    return new Date(this.needs.cluster.clock.now()).toISOString();
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { isKubernetesError, namespaces } from '#libs/kubernetes';
import type { Cluster } from '#libs/kubernetes';
import { isAuditError } from '#libs/platform';
import type { Appender } from './appender.js';
import type { ShardOfWatch } from './loss.js';
import type { WatchStatus } from './watch-status.js';
import type { Watched } from './watched.js';

/** What looking at one namespace needs. */
export type NamespaceLookNeeds = Readonly<{
  cluster: Pick<Cluster, 'get'>;
  name: string;
  /** How namespaces become observations. */
  watched: Watched;
  appender: Appender;
  shard: ShardOfWatch;
  everyMs?: number;
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
  private lastFrameAt: string | null = null;
  private resourceVersion: string | null = null;
  private uid: string | undefined;

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
      state: refused ? 'refused' : this.trouble ? 'waiting' : this.lastFrameAt === null ? 'starting' : 'watching',
      resourceVersion: this.resourceVersion,
      lastFrameAt: this.lastFrameAt,
      known: this.needs.watched.known.size,
      error: this.trouble?.message ?? null,
      refused,
    };
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
    const { cluster, name, watched, shard, appender } = this.needs;
    const source = (): Parameters<Watched['observed']>[1] => ({
      shardId: shard.id,
      watchEpoch: shard.epoch(),
      via: this.uid === undefined ? 'initialList' : 'relist',
      receivedAt: new Date().toISOString(),
    });
    try {
      const namespace = await cluster.get(namespaces, name);
      await appender.add(watched.observed(namespace, source(), null));
      this.uid = namespace.metadata.uid;
      this.resourceVersion = namespace.metadata.resourceVersion;
      this.lastFrameAt = new Date().toISOString();
      this.trouble = undefined;
    } catch (error) {
      if (isAuditError(error)) throw error;
      this.trouble = error instanceof Error ? error : new Error(String(error));
    }
  }
}

/** The cluster's own account: every write of what is watched, as a recorder that misses nothing would have seen it. */
import type { ObjectStore, ResourceName } from '#libs/cluster-simulator';
import {
  Masking,
  observe,
  reduceEvent,
  reduceNamespace,
  reduceNode,
  reducePod,
  subjectStream,
} from '../../libs/recording/src/reducing/index.js';
import type { Known, Reduced } from '../../libs/recording/src/reducing/reduced.js';
import { Pictures } from './pictures.js';

/** The resources that are watched. */
export const watched = ['namespaces', 'nodes', 'pods', 'events'] as const satisfies readonly ResourceName[];
export type WatchedResource = (typeof watched)[number];

/** One write of an object. */
export type Write = Readonly<{
  revision: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The cluster's time, which is that of the machine. */
  at: number;
  /** Whether a part that is kept changed, and whether only probes did. */
  change: 'parts' | 'probes' | 'nothing';
  /** What an object is after it, in short. */
  state: string;
}>;

/** All writes of one object, in their order. */
export type Life = Readonly<{ resource: WatchedResource; stream: string; name: string; writes: Write[] }>;

/** A state in short: the names of the parts, in their order, and a digest of each. */
export function stateOf({ layout, hashes }: Pick<Known, 'layout' | 'hashes'>): string {
  const bytes = Buffer.from(hashes, 'latin1');
  const width = bytes.length / Math.max(1, layout.length);
  const parts = layout.map((name, at) => [name, bytes.subarray(at * width, (at + 1) * width)] as const);
  const sorted = parts.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${sorted.map(([name]) => name).join()} ${Buffer.concat(sorted.map(([, digest]) => digest)).toString('base64')}`;
}

type Raw = Parameters<typeof reducePod>[0];

/** A write as it was seen: the object after it. */
export type Noted = Readonly<{
  resource: WatchedResource;
  type: Write['type'];
  object: Readonly<{ metadata: Readonly<{ name: string; namespace?: string; resourceVersion: string }> }>;
  at: number;
}>;

export class Account {
  /** The same writes, with nothing of the service in between. */
  readonly pictures = new Pictures();
  /** By resource and the stream of the object. */
  private readonly lives = new Map<string, Life>();
  private readonly known = new Map<string, Known>();
  private readonly masking: Masking;

  /** @param key the one that masked values are digested under */
  constructor(key: Uint8Array) {
    this.masking = new Masking({ key, commands: 'masked' });
  }

  /** The account of a simulated cluster, from now on. */
  static of(store: ObjectStore, key: Uint8Array): Account {
    const account = new Account(key);
    for (const resource of watched)
      for (const object of store.list(resource))
        account.note({ resource, type: 'ADDED', object, at: store.clock.now() });
    store.watchAll(({ resource, type, object, at }) => {
      const known = watched.find((one) => one === resource);
      if (known) account.note({ resource: known, type, object, at });
    });
    return account;
  }

  /** Every object that there ever was, of a kind. */
  livesOf(resource: WatchedResource): readonly Life[] {
    return [...this.lives.values()].filter((life) => life.resource === resource);
  }

  life(resource: WatchedResource, stream: string): Life | undefined {
    return this.lives.get(`${resource} ${stream}`);
  }

  /** How many writes there were. */
  get writes(): number {
    return [...this.lives.values()].reduce((sum, { writes }) => sum + writes.length, 0);
  }

  /** Takes a write down. */
  note(write: Noted): void {
    const { resource, type, object, at } = write;
    this.pictures.note(write);
    const reduced = this.reduce(resource, object);
    if (!reduced) return;
    const stream = subjectStream(reduced.uid);
    const key = `${resource} ${stream}`;
    const name = [object.metadata.namespace, object.metadata.name].filter(Boolean).join('/');
    const life = this.lives.get(key) ?? { resource, stream, name, writes: [] };
    this.lives.set(key, life);
    const change = observe(this.known.get(key), reduced);
    if (change) this.known.set(key, change.known);
    const known = this.known.get(key);
    life.writes.push({
      revision: Number(object.metadata.resourceVersion),
      type,
      at,
      change: change ? (change.probesOnly ? 'probes' : 'parts') : 'nothing',
      state: known ? stateOf(known) : '',
    });
  }

  private reduce(resource: WatchedResource, object: Noted['object']): Reduced | undefined {
    const raw = object as unknown as Raw;
    switch (resource) {
      case 'pods':
        return reducePod(raw, this.masking);
      case 'events':
        return reduceEvent(raw, this.masking);
      case 'nodes':
        return reduceNode(raw, this.masking);
      case 'namespaces':
        // The recorder asks for their metadata alone.
        return reduceNamespace({ metadata: raw['metadata'] }, this.masking);
    }
  }
}

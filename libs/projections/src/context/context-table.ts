/** Reads the tables `context` and `gap`. */
import type { ObservationGap, Via } from '#libs/init-history';
import { isUuid } from '../queryable.js';
import type { Queryable } from '../queryable.js';
import type { ContextBook, RecordedList } from './context-book.js';
import type { ContextKind, ContextVersion } from './context-version.js';
import { toOwnerContext } from './context-version.js';
import { toWatchOpened, type WatchDoc } from './watch-doc.js';

/** Which versions: all up to a position, or of those the newest alone. */
export type Extent = Readonly<{ upTo: number; newestOnly: boolean }>;

/** Which mirror stood for a static pod, from `position` on. */
export type Twin = Readonly<{ uid: string; podUid: string; position: number }>;

type ContextRow = Omit<ContextVersion, 'recordedAt' | 'receivedAt' | 'kind'> & {
  kind: string;
  recorded_at: string;
  received_at: string;
};

type WatchRow = Readonly<{
  position: number;
  recorded_at: string;
  via: Via;
  received_at: string;
  doc: WatchDoc;
}>;

const columns = 'kind, uid, name, position, recorded_at, gone, via, received_at, doc';

/** Reads context of one shard into books. */
export class ContextTable {
  constructor(
    private readonly db: Queryable,
    private readonly shardId: number,
  ) {}

  /** Brings `keys` into `book` and the controllers above those that are owners. What the table does not hold is remembered as absent. */
  async load(book: ContextBook, keys: Iterable<string>, extent: Extent): Promise<void> {
    const visited = new Set<string>();
    let frontier = [...new Set(keys)];
    while (frontier.length > 0) {
      const unknown = frontier.filter((key) => !book.knows(key));
      for (const version of await this.#byKey(unknown, extent)) book.add(version);
      for (const key of unknown) book.addAbsent(key);
      for (const key of frontier) visited.add(key);
      frontier = controllersOf(frontier.flatMap((key) => book.versions(key))).filter((key) => !visited.has(key));
    }
  }

  /** The newest version of each subject, by uid: for the next observation is laid over it. */
  async subjects(kind: ContextKind, uids: readonly string[], upTo: number): Promise<readonly ContextVersion[]> {
    return this.#byUid(kind, uids, { upTo, newestOnly: true });
  }

  /** All mirrors that stood for these static pods, in the order of positions. */
  async twins(uids: readonly string[], upTo: number): Promise<readonly Twin[]> {
    if (uids.length === 0) return [];
    const { rows } = await this.db.query<{ uid: string; name: string; position: number }>(
      `SELECT uid, name, position
       FROM context
       WHERE shard_id = $1 AND kind = 'twin' AND uid = ANY($2::uuid[]) AND position <= $3
       ORDER BY position`,
      [this.shardId, uids, upTo],
    );
    return rows.map(({ uid, name, position }) => ({ uid, podUid: name, position }));
  }

  /** Brings into `book` the gaps, complete lists of pods and server versions of the shard, which concern every pod. */
  async loadShardWide(book: ContextBook, upTo: number): Promise<void> {
    for (const gap of await this.#gaps(upTo)) book.addGap(gap);
    const { rows } = await this.db.query<WatchRow>(
      `SELECT position, recorded_at, via, received_at, doc
       FROM context
       WHERE shard_id = $1 AND kind = 'watch' AND position <= $2
       ORDER BY position`,
      [this.shardId, upTo],
    );
    for (const row of rows) {
      const { position, doc } = row;
      if (doc.serverMinor !== null) book.addServer({ position, minor: doc.serverMinor });
      if (doc.resource === 'pods') book.addList(toList(row));
    }
  }

  async #gaps(upTo: number) {
    const { rows } = await this.db.query<{ position: number; recorded_at: string; doc: ObservationGap }>(
      `SELECT position, recorded_at, doc
       FROM gap
       WHERE shard_id = $1 AND position <= $2
       ORDER BY position`,
      [this.shardId, upTo],
    );
    return rows.map((row) => ({ position: row.position, recordedAt: row.recorded_at, observation: row.doc }));
  }

  async #byKey(keys: readonly string[], extent: Extent): Promise<readonly ContextVersion[]> {
    const split = keys.map((key) => [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)] as const);
    const owners = split.filter(([kind]) => kind === 'owner').map(([, uid]) => uid);
    const named = split.filter(([kind]) => kind !== 'owner');
    return [...(await this.#byUid('owner', owners, extent)), ...(await this.#byName(named, extent))];
  }

  async #byName(names: readonly (readonly [string, string])[], { upTo, newestOnly }: Extent) {
    if (names.length === 0) return [];
    const { rows } = await this.db.query<ContextRow>(
      `SELECT found.*
       FROM unnest($2::text[], $3::text[]) AS wanted(kind, name)
       CROSS JOIN LATERAL (
         SELECT ${columns}
         FROM context
         WHERE shard_id = $1 AND kind = wanted.kind AND name = wanted.name AND position <= $4
         ORDER BY position DESC
         LIMIT $5
       ) AS found
       ORDER BY found.position`,
      [this.shardId, names.map(([kind]) => kind), names.map(([, name]) => name), upTo, newestOnly ? 1 : null],
    );
    return rows.map(toVersion);
  }

  async #byUid(kind: ContextKind, uids: readonly string[], { upTo, newestOnly }: Extent) {
    const valid = uids.filter(isUuid);
    if (valid.length === 0) return [];
    const { rows } = await this.db.query<ContextRow>(
      `SELECT found.*
       FROM unnest($3::uuid[]) AS wanted(uid)
       CROSS JOIN LATERAL (
         SELECT ${columns}
         FROM context
         WHERE shard_id = $1 AND kind = $2 AND uid = wanted.uid AND position <= $4
         ORDER BY position DESC
         LIMIT $5
       ) AS found
       ORDER BY found.position`,
      [this.shardId, kind, valid, upTo, newestOnly ? 1 : null],
    );
    return rows.map(toVersion);
  }
}

function controllersOf(versions: readonly ContextVersion[]): readonly string[] {
  const references = versions
    .filter(({ kind }) => kind === 'owner')
    .flatMap((version) => toOwnerContext(version).ownerReferences);
  return [...new Set(references.filter(({ controller }) => controller === true).map(({ uid }) => `owner:${uid}`))];
}

const toVersion = ({ recorded_at, received_at, kind, ...row }: ContextRow): ContextVersion => ({
  ...row,
  kind: kind as ContextKind,
  recordedAt: recorded_at,
  receivedAt: received_at,
});

const toList = ({ position, recorded_at, via, received_at, doc }: WatchRow): RecordedList => ({
  position,
  recordedAt: recorded_at,
  observation: toWatchOpened(doc, via, received_at),
});

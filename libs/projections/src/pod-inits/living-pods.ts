/** Which living pods rest on which context: the table `pod_context`, and what this batch changes in it. */
import type { Queryable } from '../queryable.js';
import type { BatchRows } from './batch-rows.js';

/** By key the pods that begin (true) or cease to rest on it. */
type Changes = Map<string, Map<string, boolean>>;

export class LivingPods {
  /** Of the keys that this page may move, the pods as of the event that is being folded. */
  readonly #pods = new Map<string, Set<string>>();
  /** What this batch and the one before it change: the table may not have it yet. */
  #changes: readonly [before: Changes, now: Changes] = [new Map(), new Map()];

  constructor(
    private readonly db: Queryable,
    private readonly shardId: number,
  ) {}

  /** Another batch begins: the one before the last is in the table. */
  begin(): void {
    this.#changes = [this.#changes[1], new Map()];
  }

  /** Reads the pods of `keys` as of the events folded so far, and follows them from there until {@link committed}. */
  async load(keys: readonly string[]): Promise<void> {
    const wanted = keys.filter((key) => !this.#pods.has(key));
    if (wanted.length === 0) return;
    for (const key of wanted) this.#pods.set(key, new Set());
    const { rows } = await this.db.query<{ kind: string; key: string; pod_uid: string }>(
      `SELECT known.kind, known.key, known.pod_uid
       FROM unnest($2::text[], $3::text[]) AS wanted(kind, key)
       JOIN pod_context AS known ON known.shard_id = $1 AND known.kind = wanted.kind AND known.key = wanted.key`,
      [
        this.shardId,
        wanted.map((key) => key.slice(0, key.indexOf(':'))),
        wanted.map((key) => key.slice(key.indexOf(':') + 1)),
      ],
    );
    for (const { kind, key, pod_uid } of rows) this.#pods.get(`${kind}:${key}`)?.add(pod_uid);
    for (const changes of this.#changes)
      for (const key of wanted) for (const [uid, rests] of changes.get(key) ?? []) this.#follow(uid, key, rests);
  }

  /** The pods that rest on a loaded key, in an order that does not depend on how they came. */
  on(key: string): readonly string[] {
    return [...(this.#pods.get(key) ?? [])].toSorted();
  }

  /** All living pods of a namespace, or of the shard where it is null, as of the bookmark: everything folded is to be written before. */
  in(namespace: string | null): Promise<readonly string[]> {
    return this.#of('namespace', namespace);
  }

  /** All pods of a namespace, or of the shard, of which there are Events alone. */
  unresolvedIn(namespace: string | null): Promise<readonly string[]> {
    return this.#of('unresolved', namespace);
  }

  async #of(kind: 'namespace' | 'unresolved', namespace: string | null): Promise<readonly string[]> {
    const { rows } = await this.db.query<{ pod_uid: string }>(
      `SELECT pod_uid
       FROM pod_context
       WHERE shard_id = $1 AND kind = $2 AND ($3::text IS NULL OR key = $3)
       ORDER BY pod_uid`,
      [this.shardId, kind, namespace],
    );
    return rows.map(({ pod_uid }) => pod_uid);
  }

  /** Notes what a pod's account rests on now. */
  move(podUid: string, change: Readonly<{ from: readonly string[]; to: readonly string[] }>, rows: BatchRows): void {
    for (const key of change.from) if (!change.to.includes(key)) this.#put(podUid, key, false, rows);
    for (const key of change.to) if (!change.from.includes(key)) this.#put(podUid, key, true, rows);
  }

  committed(): void {
    this.#pods.clear();
  }

  #put(podUid: string, key: string, rests: boolean, rows: BatchRows): void {
    rows.restOn(podUid, key, rests);
    const [, now] = this.#changes;
    now.set(key, (now.get(key) ?? new Map<string, boolean>()).set(podUid, rests));
    this.#follow(podUid, key, rests);
  }

  #follow(podUid: string, key: string, rests: boolean): void {
    const pods = this.#pods.get(key);
    if (rests) pods?.add(podUid);
    else pods?.delete(podUid);
  }
}

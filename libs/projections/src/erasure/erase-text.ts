/** A text in what was told of events that are gone: where it stands, and how it goes. */
import type { RowsTold } from '#libs/event-store';
import { categories, confidences, findingKinds, nothingKnown, phasesOfTime } from '#libs/init-history';
import { AuditError, type PoolClient } from '#libs/platform';
import type { Queryable } from '../queryable.js';
import type { Subject } from './rederive-context.js';
import { countRowsHolding, replaceText, type About, type Replacing } from './replace-text.js';
import { wordedTables } from './worded-columns.js';

/** In how many rows of the read models a text stands that no event accounts for, by table; tables without any are left out. */
export async function rowsTelling(db: PoolClient, shardId: number, text: string): Promise<RowsTold> {
  const rows: Record<string, number> = {};
  for (const worded of wordedTables) {
    const count = await countRowsHolding(db, shardId, worded, text);
    if (count > 0) rows[worded.table] = count;
  }
  return rows;
}

/** What a text went from. */
export type TextErased = Readonly<{
  pods: ReadonlySet<string>;
  /** Nodes, owners and namespaces, as they were called and as they are now. */
  subjects: readonly Subject[];
}>;

export const nothingErased: TextErased = { pods: new Set(), subjects: [] };

/**
 * Puts a mark where the text stands, in the caller's transaction: everywhere the same, so that what was equal stays equal, what was told apart
 * stays apart, and sums stay what they were.
 */
export async function eraseText(db: PoolClient, shardId: number, replacing: Replacing): Promise<TextErased> {
  const about: About[] = [];
  for (const worded of wordedTables) about.push(...(await replaceText(db, shardId, worded, replacing)));
  const pods = about.flatMap(({ pod }) => (pod === undefined ? [] : [pod]));
  const subjects = about.flatMap(({ kind, subject: uid, name }) =>
    kind !== undefined && uid !== undefined && name !== undefined && isSubject(kind)
      ? [
          { kind, uid, name },
          { kind, uid, name: name.replaceAll(replacing.text, () => replacing.mark) },
        ]
      : [],
  );
  return { pods: new Set(pods), subjects };
}

const isSubject = (kind: string): boolean => ['node', 'owner', 'namespace'].includes(kind);

/**
 * A text that our own words hold cannot be told from them in what was told.
 *
 * @throws AuditError `request-invalid`
 */
export async function assertNoWordOfOurs(db: Queryable, shardId: number, text: string): Promise<void> {
  const { rows } = await db.query<{ word: string }>(
    `SELECT DISTINCT word
     FROM (SELECT unnest(ARRAY[state, outcome, stuck_category, duration_certainty]) AS word FROM pod_init WHERE shard_id = $1
           UNION ALL
           SELECT unnest(ARRAY[kind, outcome, basis]) FROM init_attempt WHERE shard_id = $1
           UNION ALL
           SELECT type FROM happening WHERE shard_id = $1
           UNION ALL
           (SELECT jsonb_object_keys(doc) FROM pod_init WHERE shard_id = $1 LIMIT 1000)
           UNION ALL
           (SELECT jsonb_object_keys(doc) FROM init_attempt WHERE shard_id = $1 LIMIT 1000)
           UNION ALL
           (SELECT json_object_keys(doc) FROM happening WHERE shard_id = $1 LIMIT 1000)) AS told
     WHERE strpos(word, $2) > 0`,
    [shardId, text],
  );
  const word = rows[0]?.word ?? ownWords.find((own) => own.includes(text));
  if (word === undefined) return;
  throw new AuditError('request-invalid', `What is told says “${word}” itself, which holds the text.`, {
    remedy: 'Give more of what is to be erased, so that it is nobody else’s word.',
  });
}

const ownWords: readonly string[] = [
  ...categories,
  ...phasesOfTime,
  ...confidences,
  ...Object.keys(findingKinds),
  ...keysIn(nothingKnown),
];

function keysIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [key, ...keysIn(each)]);
}

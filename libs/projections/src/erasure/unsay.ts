/** Takes out of what is frozen of a pod what was told of the node and the owners that it rested on. */
import type { Queryable } from '../queryable.js';
import type { UnsaidKind } from './extent.js';

/** The rows of a pod that begin before position `from`. */
type Frozen = Readonly<{ shardId: number; uid: string; from: number }>;

/** By kind, what columns of a table become; `$4` is the mark. What was never known stays so. */
const unsaid: Readonly<Record<UnsaidKind, Readonly<Record<string, readonly string[]>>>> = {
  node: {
    pod_init: [
      'zone = CASE WHEN zone IS NOT NULL THEN $4::text END',
      `doc = doc || jsonb_strip_nulls(jsonb_build_object(
         'zone', CASE WHEN doc->>'zone' IS NOT NULL THEN $4::text END,
         'kubeletVersion', CASE WHEN doc->>'kubeletVersion' IS NOT NULL THEN $4::text END))`,
    ],
  },
  owner: {
    pod_init: [
      'workload_name = $4::text',
      `doc = CASE WHEN doc ? 'workload' THEN jsonb_set(doc, '{workload,name}', to_jsonb($4::text)) ELSE doc END`,
      'contribution = @contribution',
    ],
    init_attempt: ['workload_name = $4::text', 'contribution = @contribution'],
    finding: ['workload_name = $4::text'],
  },
};

const contribution = `(
  SELECT json_agg(jsonb_set(each::jsonb, '{workloadName}', to_jsonb($4::text)) ORDER BY nth)
  FROM json_array_elements(contribution) WITH ORDINALITY AS counted (each, nth))`;

/**
 * Puts the mark there. What the rows counted for is to be taken back before, and counted again after.
 *
 * @param kinds of what was erased; undefined: nothing that it rested on
 */
export async function unsay(
  db: Queryable,
  { shardId, uid, from }: Frozen,
  kinds: ReadonlySet<UnsaidKind> | undefined,
  mark: string,
): Promise<void> {
  for (const kind of kinds ?? [])
    for (const [table, columns] of Object.entries(unsaid[kind]))
      await db.query(
        `UPDATE ${table}
         SET ${columns.join(', ').replaceAll('@contribution', contribution)}, digest = $4::text
         WHERE shard_id = $1 AND pod_uid = $2 AND valid_from < $3`,
        [shardId, uid, from, mark],
      );
}

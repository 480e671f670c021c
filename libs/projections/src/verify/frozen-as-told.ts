/** Holds frozen rows against the acts that tell what they came to when they were frozen. */
import type { RowsFrozen } from '#libs/event-store';
import type { PoolClient } from '#libs/platform';
import { asHashed, frozenHashes, frozenRows, rootsOf, SEEDS, spanValues } from '../horizon/frozen-rows.js';
import type { DifferingRow } from './differing-rows.js';

/** What comparing frozen rows came to. `untold`: the spans, by the position that they end at, of which no act tells what they are now. */
export type FrozenAsTold = Readonly<{ rows: number; differing: readonly DifferingRow[]; untold: readonly number[] }>;

/** Of a span more are no help to anybody. */
const MOST = 100;

type Act = RowsFrozen & Readonly<{ position: number }>;
type Stored = Readonly<{
  from_position: number;
  to_position: number;
  name: string;
  rules: string;
  done_to: string | null;
  frozen_at: string;
  is_passed: boolean;
  told_by: number | null;
  told_mark: number | null;
}>;

/** Everything that is frozen of a shard, in the caller's transaction, which sees one moment. */
export async function frozenAsTold(db: PoolClient, shardId: number): Promise<FrozenAsTold> {
  await asHashed(db);
  const known = await read(db, shardId);
  const differing: DifferingRow[] = [];
  const untold: number[] = [];
  let rows = 0;
  for (const [to, acts] of known.acts) {
    const act = acts.at(-1) as Act;
    const span = known.spans.find(({ to_position }) => to_position === to);
    differing.push(...unfounded(shardId, acts, known));
    if (!span) {
      // What lies above the horizon is frozen anew after an erasure; and what was imported below it is told anew.
      if (to <= known.horizon && known.importedAt < act.position) differing.push(spanRow(shardId, to, 'missing', []));
      continue;
    }
    const isErased = known.erasedAt.some((position) => position > act.position);
    const found = await compare(db, shardId, act, span.is_passed || to < known.horizon);
    rows += found.rows;
    if (isErased && found.differing.length > 0) untold.push(to);
    else differing.push(...found.differing);
    const columns = unlike(span, act, known);
    if (columns.length > 0 && !isErased) differing.push(spanRow(shardId, to, 'other', columns));
  }
  for (const { to_position: to, told_by } of known.spans)
    if (!known.acts.has(to)) {
      if (told_by === null) untold.push(to);
      else differing.push(spanRow(shardId, to, 'extra', []));
    }
  return { rows, differing, untold };
}

type Known = Readonly<{
  acts: ReadonlyMap<number, readonly Act[]>;
  spans: readonly Stored[];
  horizon: number;
  mark: number | null;
  /** Positions of acts that erased observations, and of the last one that imported. */
  erasedAt: readonly number[];
  importedAt: number;
}>;

async function read(db: PoolClient, shardId: number): Promise<Known> {
  const { rows: acts } = await db.query<{ position: number; type: string; body: RowsFrozen }>(
    `SELECT position, type, CASE type WHEN 'RowsFrozen' THEN body END AS body
       FROM act_event
      WHERE shard_id = $1 AND (type IN ('RowsFrozen', 'SegmentImported') OR type = 'BodiesErased' AND body->>'log' = 'event')
      ORDER BY position`,
    [shardId],
  );
  const { rows: spans } = await db.query<Stored>(
    `SELECT from_position, to_position, name, rules, done_to, is_passed, told_by, told_mark,
            to_char(frozen_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS frozen_at
       FROM frozen_span
      WHERE shard_id = $1 AND frozen_at IS NOT NULL
      ORDER BY to_position`,
    [shardId],
  );
  const { rows: places } = await db.query<{ horizon: number; mark: number | null }>(
    `SELECT first_position AS horizon, (SELECT live_from FROM projection_bookmark AS mark WHERE mark.shard_id = $1 LIMIT 1) AS mark
       FROM shard_head WHERE shard_id = $1`,
    [shardId],
  );
  const told = new Map<number, Act[]>();
  for (const { position, type, body } of acts)
    if (type === 'RowsFrozen') told.set(body.to, [...(told.get(body.to) ?? []), { ...body, position }]);
  const at = (wanted: string): number[] => acts.filter(({ type }) => type === wanted).map(({ position }) => position);
  return {
    acts: told,
    spans,
    horizon: places[0]?.horizon ?? 0,
    mark: places[0]?.mark ?? null,
    erasedAt: at('BodiesErased'),
    importedAt: at('SegmentImported').at(-1) ?? -1,
  };
}

/** Acts that tell another thing of the same rows, though nothing was erased in between: somebody changed the rows before they were told again. */
function unfounded(shardId: number, acts: readonly Act[], { erasedAt }: Known): readonly DifferingRow[] {
  return acts.flatMap((act, nth) => {
    const before = acts[nth - 1];
    if (!before || before.rows === act.rows || before.frozenAt !== act.frozenAt) return [];
    if (erasedAt.some((position) => position > before.position && position < act.position)) return [];
    return [{ table: 'frozen_digest', key: spanKey(shardId, act.to), what: 'retold' as const, columns: [] }];
  });
}

/** The columns of a span that are not what the act says. */
function unlike(span: Stored, act: Act, { horizon, mark, importedAt }: Known): readonly string[] {
  const isSo: Readonly<Record<string, boolean>> = {
    from_position: span.from_position === act.from,
    name: span.name === act.name,
    rules: span.rules === act.rules,
    done_to: span.done_to === act.doneTo,
    frozen_at: span.frozen_at === act.frozenAt,
    told_by: span.told_by === act.position || span.told_by === null,
    told_mark: span.told_mark === act.mark || span.told_mark === mark || span.told_by === null,
    // An import may bring the horizon back below it.
    is_passed: !span.is_passed || act.to < horizon || importedAt > act.position,
  };
  return Object.keys(isSo).filter((column) => isSo[column] !== true);
}

type Compared = Readonly<{ rows: number; differing: readonly DifferingRow[] }>;

async function compare(db: PoolClient, shardId: number, act: Act, isPassed: boolean): Promise<Compared> {
  const values = spanValues(shardId, act);
  const now = frozenHashes(act.columns);
  const noted = `SELECT stream_id, name, hashes FROM frozen_digest WHERE shard_id = $1 AND to_position = $3 AND $2 <= $3`;
  const roots = async (of: string): Promise<boolean> => {
    const { rows } = await db.query<Pick<RowsFrozen, 'rows' | 'seeds'>>(rootsOf(of), values);
    return rows[0]?.rows === act.rows && (isPassed || rows[0]?.seeds === act.seeds);
  };
  const { rows: counted } = await db.query<{ count: number }>(
    `SELECT count(*) AS count FROM (${frozenRows(act.columns)}) AS frozen`,
    values,
  );
  const rows = counted[0]?.count ?? 0;
  const [isSo, isNoted] = [await roots(now), await roots(noted)];
  if (isSo && isNoted) return { rows, differing: [] };
  const { rows: unlikes } = await db.query<Unlike>(
    `SELECT coalesce(now.stream_id, noted.stream_id) AS stream_id, coalesce(now.name, noted.name) AS name, noted.hashes AS noted
       FROM (${now}) AS now FULL JOIN (${noted}) AS noted ON now.stream_id = noted.stream_id AND now.name = noted.name
      WHERE now.hashes IS DISTINCT FROM noted.hashes AND NOT ($4 AND coalesce(now.name, noted.name) = '${SEEDS}')
      ORDER BY 1, 2 LIMIT ${MOST}`,
    [...values, isPassed],
  );
  const key = spanKey(shardId, act.to);
  const differing: DifferingRow[] = [];
  for (const one of unlikes) {
    const note = { table: 'frozen_digest', key: { ...key, stream_id: one.stream_id, name: one.name } };
    // The rows are what the act says: it is the note of them that was changed.
    if (isSo) differing.push({ ...note, what: 'changed', columns: ['hashes'] });
    else differing.push(...(await rowsOf(db, act, { ...one, shardId })));
  }
  // Rows and notes agree with each other, and not with the act.
  if (differing.length === 0) differing.push({ table: 'frozen_digest', key, what: 'changed', columns: [] });
  return { rows, differing };
}

type Unlike = Readonly<{ stream_id: string; name: string; noted: string | null }>;

/** Which rows of a stream are not as they were frozen. */
async function rowsOf(
  db: PoolClient,
  act: Act,
  { shardId, stream_id, name, noted }: Unlike & Readonly<{ shardId: number }>,
): Promise<readonly DifferingRow[]> {
  const [table = name, column] = name.split('.');
  const { rows } = await db.query<{ key: string; hash: string }>(
    `SELECT key, hash FROM (${frozenRows(act.columns)}) AS frozen WHERE stream_id = $4 AND name = $5 ORDER BY key COLLATE "C"`,
    [...spanValues(shardId, act), stream_id, name],
  );
  const left = new Set(noted?.match(/.{32}/gu));
  const others = rows.filter(({ hash }) => !left.delete(hash));
  const found = others.map(({ key }, nth): DifferingRow => ({
    table,
    key: { shard_id: String(shardId), ...(JSON.parse(key) as Record<string, string | null>) },
    what: nth < left.size ? 'changed' : 'extra',
    columns: column === undefined ? [] : [column],
  }));
  const missing = Math.max(0, left.size - others.length);
  const of = { shard_id: String(shardId), stream: stream_id, below: String(act.to) };
  return [
    ...found,
    ...Array.from({ length: missing }, (): DifferingRow => ({ table, key: of, what: 'missing', columns: [] })),
  ];
}

const spanKey = (shardId: number, to: number): DifferingRow['key'] => ({
  shard_id: String(shardId),
  to_position: String(to),
});

const spanRow = (
  shardId: number,
  to: number,
  what: DifferingRow['what'],
  columns: readonly string[],
): DifferingRow => ({
  table: 'frozen_span',
  key: spanKey(shardId, to),
  what,
  columns,
});

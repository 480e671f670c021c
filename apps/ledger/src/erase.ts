/** The command that erases. */
import { alertRowsTelling, finishAlertErasures } from '#libs/alerting';
import {
  archivesHolding,
  archivesNoted,
  assertErasable,
  eraseBodies,
  eventsHolding,
  type ActWriters,
  type ArchiveHolding,
  type Holding,
  type LogName,
  type RowsTold,
} from '#libs/event-store';
import { readSettings, type Pool, type Print } from '#libs/platform';
import {
  assertNoWordOfOurs,
  countFrozen,
  finishErasures,
  inTransaction,
  rowsTelling,
  stuckLimitsOf,
  tellFrozenAnew,
} from '#libs/projections';
import type { Asked } from './args.js';
import { toArchivedText, toErasedText, toKeptText, toLostText, toNotedText, toToldText } from './tell.js';

type Wanted = Extract<Asked, { command: 'erase' }>;
/** What is to go of a log, and what holds the text there and stays. */
type Bodies = Readonly<{ log: LogName }> & Holding;
type Where = Readonly<{ pool: Pool; acts: ActWriters }>;

/**
 * Erases, names what lies outside the database and holds it still, and brings to its end whatever an earlier one left that was killed.
 *
 * @returns 1 where nothing was to be done, or not all could be
 */
export async function erase(asked: Wanted, { pool, acts }: Where, print: Print): Promise<0 | 1> {
  const { shard: shardId, stayAway, reason, author } = asked;
  const wanted = await bodiesOf(asked, pool);
  const rows = await rowsTellingOf(asked, pool);
  const archives = await archivesOf(asked, wanted);
  // All or nothing: what cannot go is said before anything goes.
  for (const { log, positions } of wanted) await assertErasable(pool, { shardId, log, positions });
  let isAllDone = true;
  let count = isAny(rows) ? 1 : 0;
  let lost = 0;
  for (const bodies of wanted) {
    const { log, positions, kept } = bodies;
    const archived = archivedAlone(bodies, archives);
    const told = log === 'event' && (isAny(rows) || positions.length > 0) ? toldOf(asked, rows) : undefined;
    const erasing = { shardId, log, positions, told, archived, stayAway, reason, author };
    const erased = await eraseBodies({ pool, acts }, erasing);
    count += erased.length + archived.length;
    if (log === 'event' && rows === undefined)
      lost += await countFrozen(
        pool,
        shardId,
        erased.map(({ streamId }) => streamId),
      );
    if (kept.length > 0) isAllDone = false;
    if (erased.length > 0 || log === asked.log) await print(toErasedText(log, erased, log !== asked.log));
    for (const event of kept) await print(toKeptText(log, event));
  }
  const { count: ofReadModels, refusals } = await finishErasures(pool, stuckLimitsOf(readSettings([])));
  const left = ofReadModels + (await finishAlertErasures(pool));
  await tellFrozenAnew({ pool, acts });
  for (const { message } of refusals) await print(`Not carried out: ${message}.\n`);
  if (lost > 0) await print(toLostText(lost));
  if (count === 0 && left > 0) await print('What an earlier erasure had left was derived again.\n');
  if (isAny(rows)) {
    await print(toToldText('erased', rows));
    const still = await rowsTellingOf(asked, pool);
    if (isAny(still)) {
      isAllDone = false;
      await print(toToldText('left', still));
    }
  }
  for (const archive of archives) await print(toArchivedText(archive));
  if (asked.archiveFolder === undefined && (count > 0 || asked.containing !== undefined))
    for (const noted of await archivesNoted(pool, { shardId, positions: positionsOf(wanted) }))
      await print(toNotedText(noted));
  return isAllDone && count + left > 0 && refusals.length === 0 ? 0 : 1;
}

const isAny = (rows: RowsTold | undefined): rows is RowsTold => rows !== undefined && Object.keys(rows).length > 0;

const positionsOf = (wanted: readonly Bodies[]): readonly number[] =>
  wanted.flatMap(({ log, positions }) => (log === 'event' ? positions : []));

/** A text goes from what is frozen, and leaves the rest; of positions alone nobody knows what is frozen that said the same. */
const toldOf = ({ containing }: Wanted, rows: RowsTold | undefined) =>
  containing === undefined || rows === undefined ? undefined : { text: containing, rows };

/** Words stand in what was observed and in what was done about it: a text is looked for in both, unless acts alone are asked for. */
async function bodiesOf(
  { shard: shardId, log, positions, containing }: Wanted,
  pool: Pool,
): Promise<readonly Bodies[]> {
  if (containing === undefined) return [{ log, positions, kept: [] }];
  const logs: readonly LogName[] = log === 'act_event' ? [log] : ['event', 'act_event'];
  return Promise.all(
    logs.map(async (each) => ({ log: each, ...(await eventsHolding(pool, { shardId, log: each }, containing)) })),
  );
}

/** What was told of dropped weeks and by receivers holds words that no event holds any more: in which rows it holds these. Undefined where no text is erased. */
async function rowsTellingOf({ shard: shardId, log, containing }: Wanted, pool: Pool): Promise<RowsTold | undefined> {
  if (containing === undefined || log === 'act_event') return undefined;
  return inTransaction(pool, async (db) => {
    const rows = {
      ...(await rowsTelling(db, shardId, containing)),
      ...(await alertRowsTelling(db, shardId, containing)),
    };
    if (isAny(rows)) await assertNoWordOfOurs(db, shardId, containing);
    return rows;
  });
}

/** Archives of the folder that was named, which hold what is to go. */
async function archivesOf(
  { shard: shardId, containing, archiveFolder }: Wanted,
  wanted: readonly Bodies[],
): Promise<readonly ArchiveHolding[]> {
  if (archiveFolder === undefined) return [];
  const found: ArchiveHolding[] = [];
  for (const { log, positions } of wanted)
    found.push(...(await archivesHolding(archiveFolder, { shardId, log, text: containing, positions })));
  return found;
}

/** Positions that only archives hold: acts are never dropped. */
const archivedAlone = ({ log, positions }: Bodies, archives: readonly ArchiveHolding[]): readonly number[] =>
  log === 'event'
    ? [
        ...new Set(
          archives
            .filter((archive) => archive.log === log)
            .flatMap((archive) => archive.positions)
            .filter((position) => !positions.includes(position)),
        ),
      ].toSorted((a, b) => a - b)
    : [];

import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { alertRowsTelling, finishAlertErasures } from '#libs/alerting';
import {
  ActWriters,
  assertErasable,
  CheckpointsFile,
  eraseBodies,
  eventsHolding,
  Holds,
  readLedgerKeys,
  Retention,
  type Holding,
  type LogName,
  type RowsTold,
  type Sealing,
} from '#libs/event-store';
import { createLogger, enterDatabase, readSettings, type EnteredDatabase, type Pool, type Print } from '#libs/platform';
import {
  assertNoWordOfOurs,
  countFrozen,
  finishErasures,
  inTransaction,
  rowsTelling,
  stuckLimitsOf,
  tellFrozenAnew,
} from '#libs/projections';
import { importArchives } from './archives.js';
import type { Asked, Working } from './args.js';
import { namedShards } from './named-shards.js';
import { toErasedText, toKeptText, toLostText, toToldText, toWeekText } from './tell.js';

type Work = Extract<Asked, Working>;
type Of<Command> = Extract<Asked, { command: Command }>;

/** Whether it changes the database. */
export const isWork = (asked: Asked): asked is Work => 'keyFile' in asked;

type Entered = EnteredDatabase & Readonly<{ acts: ActWriters; isSealed: boolean }>;

/** Does what changes the database, and records it as acts. 1: what was asked for could not be done yet. */
export async function work(asked: Work, print: Print): Promise<0 | 1> {
  const sealing = await sealingOf(asked);
  const entered = await enterDatabase(asked.where, createLogger('warn', 'people'));
  const acts = new ActWriters({ pool: entered.pool, sealing });
  try {
    return await doWork(asked, { ...entered, acts, isSealed: sealing !== undefined }, print);
  } finally {
    await acts.close();
    await entered.leave();
  }
}

function doWork(asked: Work, entered: Entered, print: Print): Promise<0 | 1> {
  switch (asked.command) {
    case 'retain':
      return retain(asked, entered, print);
    case 'hold':
      return hold(asked, entered, print);
    case 'release':
      return release(asked, entered, print);
    case 'import':
      return importArchives(asked, entered, print);
    case 'erase':
      return erase(asked, entered, print);
  }
}

async function retain(
  { days, dryRun, archiveFolder }: Of<'retain'>,
  { acts, ...entered }: Entered,
  print: Print,
): Promise<0 | 1> {
  const retention = new Retention({ ...entered, acts, days, archiveFolder, logger: createLogger('warn', 'people') });
  let looked = await retention.look(dryRun);
  if (!dryRun && entered.isSealed && looked.some(({ state }) => state === 'due')) {
    // What the acts say is sealed with the end of their writers; then it can go.
    await acts.close();
    const gone = looked.filter(({ state }) => state === 'dropped');
    looked = [...gone, ...(await retention.look())];
  }
  for (const week of looked) await print(toWeekText(week));
  if (days === null) await print('All is kept: neither --days nor RETENTION_DAYS says how many days are.\n');
  return looked.some(({ state }) => state === 'due') && !dryRun ? 1 : 0;
}

async function hold(
  { shard, from, to, reason, author }: Of<'hold'>,
  { pool, acts }: Entered,
  print: Print,
): Promise<0> {
  const shards = await namedShards(pool, shard);
  const holdId = randomUUID();
  const holds = new Holds(pool, acts);
  for (const { shardId } of shards) await holds.place(shardId, { holdId, fromAt: from, toAt: to, reason, author });
  await print(`${holdId}\n`);
  return 0;
}

async function release(
  { hold: holdId, reason, author }: Of<'release'>,
  { pool, acts }: Entered,
  print: Print,
): Promise<0> {
  await new Holds(pool, acts).release(holdId, { reason, author });
  await print(`Released ${holdId}.\n`);
  return 0;
}

/** Erases, and brings to its end whatever an earlier one left that was killed. */
async function erase(asked: Of<'erase'>, { pool, acts }: Entered, print: Print): Promise<0 | 1> {
  const { shard: shardId, stayAway, reason, author } = asked;
  const wanted = await bodiesOf(asked, pool);
  const rows = await rowsTellingOf(asked, pool);
  // A text goes from what is frozen, and leaves the rest; of positions alone nobody knows what is frozen that said the same.
  const told = rows && { text: asked.containing ?? '', rows };
  const isToldOf = rows !== undefined && Object.keys(rows).length > 0;
  // All or nothing: what cannot go is said before anything goes.
  for (const { log, positions } of wanted) await assertErasable(pool, { shardId, log, positions });
  let isAllDone = true;
  let count = isToldOf ? 1 : 0;
  let lost = 0;
  for (const { log, positions, kept } of wanted) {
    const from = { shardId, log, positions, ...(log === 'event' && (isToldOf || positions.length > 0) && { told }) };
    const erased = await eraseBodies({ pool, acts }, { ...from, stayAway, reason, author });
    count += erased.length;
    const streams = erased.map(({ streamId }) => streamId);
    if (told === undefined && log === 'event') lost += await countFrozen(pool, shardId, streams);
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
  if (isToldOf) {
    await print(toToldText('erased', rows));
    const still = (await rowsTellingOf(asked, pool)) ?? {};
    if (Object.keys(still).length > 0) {
      isAllDone = false;
      await print(toToldText('left', still));
    }
  }
  return isAllDone && count + left > 0 && refusals.length === 0 ? 0 : 1;
}

type Wanted = Readonly<{ log: LogName }> & Holding;

/** Words stand in what was observed and in what was done about it: a text is looked for in both, unless acts alone are asked for. */
async function bodiesOf(
  { shard: shardId, log, positions, containing }: Of<'erase'>,
  pool: Pool,
): Promise<readonly Wanted[]> {
  if (containing === undefined) return [{ log, positions, kept: [] }];
  const logs: readonly LogName[] = log === 'act_event' ? [log] : ['event', 'act_event'];
  return Promise.all(
    logs.map(async (each) => ({ log: each, ...(await eventsHolding(pool, { shardId, log: each }, containing)) })),
  );
}

/** What was told of dropped weeks and by receivers holds words that no event holds any more: in which rows it holds these. Undefined where no text is erased. */
async function rowsTellingOf(
  { shard: shardId, log, containing }: Of<'erase'>,
  pool: Pool,
): Promise<RowsTold | undefined> {
  if (containing === undefined || log === 'act_event') return undefined;
  return inTransaction(pool, async (db) => {
    const rows = {
      ...(await rowsTelling(db, shardId, containing)),
      ...(await alertRowsTelling(db, shardId, containing)),
    };
    if (Object.keys(rows).length > 0) await assertNoWordOfOurs(db, shardId, containing);
    return rows;
  });
}

/** No key is made here: one that the service does not know would begin another history of checkpoints. */
async function sealingOf({ keyFile, checkpointsFile }: Working): Promise<Sealing | undefined> {
  if (keyFile === undefined || checkpointsFile === undefined) return undefined;
  if (!(await stat(keyFile).catch(() => undefined))) return undefined;
  const keys = await readLedgerKeys({ ledgerKeyFile: keyFile, data: '' });
  return { keys, file: new CheckpointsFile(checkpointsFile) };
}

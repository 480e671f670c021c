import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { ActWriters, CheckpointsFile, Holds, readLedgerKeys, Retention, type Sealing } from '#libs/event-store';
import { createLogger, enterDatabase, type EnteredDatabase, type Print } from '#libs/platform';
import { importArchives } from './archives.js';
import type { Asked, Working } from './args.js';
import { erase } from './erase.js';
import { namedShards } from './named-shards.js';
import { toWeekText } from './tell.js';

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

/** No key is made here: one that the service does not know would begin another history of checkpoints. */
async function sealingOf({ keyFile, checkpointsFile }: Working): Promise<Sealing | undefined> {
  if (keyFile === undefined || checkpointsFile === undefined) return undefined;
  if (!(await stat(keyFile).catch(() => undefined))) return undefined;
  const keys = await readLedgerKeys({ ledgerKeyFile: keyFile, data: '' });
  return { keys, file: new CheckpointsFile(checkpointsFile) };
}

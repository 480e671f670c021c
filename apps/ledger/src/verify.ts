/** Holds all that a database keeps against the hashes that were made of it. */
import {
  CheckpointsFile,
  Ledger,
  originOf,
  parseVerifier,
  verifyLog,
  type Disagreement,
  type LogName,
  type Verdict,
  type Verifier,
  type Witnessed,
} from '#libs/event-store';
import { brokenSeals, isAuditError, type BrokenRow, type Pool, type Print } from '#libs/platform';
import { damagedStates } from '#libs/recording';
import type { Asked } from './args.js';
import { namedShards } from './named-shards.js';
import { rowsToJson, rowsToText, toJson, toText } from './tell.js';

type Wanted = Extract<Asked, { command: 'verify' }>;

export const logs = ['event', 'act_event'] as const satisfies readonly LogName[];

/**
 * Tells of every log whether it agrees, and of every other table which rows do not. Those first: a row that was changed may keep the logs
 * from being read.
 *
 * @returns whether all agrees
 */
export async function verify(asked: Wanted, pool: Pool, print: Print): Promise<boolean> {
  const rows = [...(await brokenSeals(pool)), ...(await damagedStates(pool))].filter((row) =>
    isAbout(row, asked.shard),
  );
  if (rows.length > 0) await print(asked.json ? rowsToJson(rows) : rowsToText(rows));
  try {
    return (await verifyLogs(asked, pool, print)) && rows.length === 0;
  } catch (error) {
    if (rows.length === 0 || isAuditError(error)) throw error;
    await print(asked.json ? '' : `           and so the logs cannot be read: ${String(error)}\n`);
    return false;
  }
}

const isAbout = ({ key }: BrokenRow, shard: number | undefined): boolean =>
  shard === undefined || key['shard_id'] === undefined || key['shard_id'] === shard;

async function verifyLogs(asked: Wanted, pool: Pool, print: Print): Promise<boolean> {
  let agrees = true;
  for (const { shardId, clusterName } of await namedShards(pool, asked.shard)) {
    for (const log of logs) {
      const verdict = await verifyOne(asked, pool, shardId, log);
      if (!verdict) continue;
      agrees &&= verdict.disagreements.length === 0;
      const about = { shard: shardId, cluster: clusterName, log, ...verdict };
      await print(asked.json ? toJson(about) : toText(about));
    }
  }
  return agrees;
}

/** Undefined for a log that was never begun: of a shard without alerts there are no acts. */
async function verifyOne(
  asked: Wanted,
  pool: Pool,
  shardId: number,
  log: LogName,
): Promise<(Verdict & { origin: string; trusted: 'given' | 'database' }) | undefined> {
  const origin = await originOf(pool, shardId, log);
  const given = asked.keys.filter((key) => key.startsWith(`${origin}+`));
  const trusted = asked.keys.length > 0 ? 'given' : 'database';
  const keys = trusted === 'given' ? given : await new Ledger(pool, log).keys(shardId);
  const { verifiers, unreadable } =
    trusted === 'given' ? { verifiers: keys.map(parseVerifier), unreadable: [] } : verifiersOf(keys, log);
  const witnessed: Witnessed[] = [];
  for (const file of asked.checkpoints) witnessed.push(...(await publishedOf(file, origin, keys)));
  const found = await verifyLog({ connection: pool, log, shardId, verifiers, witnessed });
  const verdict = { ...found, disagreements: [...unreadable, ...found.disagreements] };
  if (verdict.size === 0 && verdict.checkpoints === 0 && verdict.disagreements.length === 0) return undefined;
  return { ...verdict, origin, trusted };
}

/** Of the keys that the database names, one that is none verifies nothing, and is told of. */
function verifiersOf(
  keys: readonly string[],
  log: LogName,
): Readonly<{ verifiers: readonly Verifier[]; unreadable: readonly Disagreement[] }> {
  const verifiers: Verifier[] = [];
  const unreadable: Disagreement[] = [];
  const where = log === 'event' ? 'checkpoint_key' : 'act_checkpoint_key';
  for (const key of keys) {
    try {
      verifiers.push(parseVerifier(key));
    } catch (error) {
      unreadable.push({ where, from: 0, to: 0, says: error instanceof Error ? error.message : String(error) });
    }
  }
  return { verifiers, unreadable };
}

/** What a file holds of this log. What another key signed is of another beginning of it, and is left out. */
async function publishedOf(file: string, origin: string, keys: readonly string[]): Promise<readonly Witnessed[]> {
  const found: Witnessed[] = [];
  for await (const { at, note, keys: signers } of new CheckpointsFile(file).read()) {
    if (!note.startsWith(`${origin}\n`)) continue;
    if (signers.length === 0 || signers.some((key) => keys.includes(key)))
      found.push({ where: `${file} at ${at}`, note });
  }
  return found;
}

/** Holds all that a database keeps against the hashes that were made of it. */
import { alertsAgainstActs } from '#libs/alerting';
import {
  CheckpointsFile,
  Ledger,
  originOf,
  parseVerifier,
  rowsAgainstLogs,
  verifyLog,
  type Disagreement,
  type LogName,
  type Verdict,
  type Verifier,
  type Witnessed,
} from '#libs/event-store';
import { brokenSeals, errorCode, isAuditError, type BrokenRow, type Pool, type Print } from '#libs/platform';
import { damagedStates } from '#libs/recording';
import type { Asked } from './args.js';
import { namedShards } from './named-shards.js';
import { nameOfLog, rowsToJson, rowsToText, toJson, toText } from './tell.js';

type Wanted = Extract<Asked, { command: 'verify' }>;

export const logs = ['event', 'act_event'] as const satisfies readonly LogName[];

/**
 * Tells of every log whether it agrees, and of every other table which rows do not. Those first: a row that was changed may keep the logs
 * from being read.
 *
 * @returns whether all agrees
 */
export async function verify(asked: Wanted, pool: Pool, print: Print): Promise<boolean> {
  const told = new Rows(asked, print);
  await told.tell([...(await brokenSeals(pool)), ...(await damagedStates(pool))]);
  try {
    let agrees = await verifyLogs(asked, pool, print);
    for (const [what, against] of againstLogs)
      agrees = (await readable(what, asked, print, async () => told.tell(await against(pool)))) && agrees;
    return agrees && told.agree;
  } catch (error) {
    if (told.agree || isAuditError(error)) throw error;
    await print(asked.json ? '' : `           and so the logs cannot be read: ${String(error)}\n`);
    return false;
  }
}

/** Tables that are no log, and what is said of them by the logs. */
const againstLogs = [
  ['rows that acts tell of', rowsAgainstLogs],
  ['alerts', alertsAgainstActs],
] as const;

/** Does what reads what somebody may have changed into what nobody can read: then that is told, and the rest is looked at. */
async function readable(what: string, { json }: Wanted, print: Print, look: () => Promise<unknown>): Promise<boolean> {
  try {
    await look();
    return true;
  } catch (error) {
    // Class 22, data exception: a text that is no number, a time that is none.
    if (errorCode(error)?.startsWith('22') !== true) throw error;
    const says = `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    await print(json ? `${JSON.stringify({ what, says })}\n` : `DISAGREES  ${what}: ${says}\n`);
    return false;
  }
}

/** Rows that were told of, each once, whatever found it. */
class Rows {
  readonly #known = new Set<string>();

  constructor(
    private readonly asked: Wanted,
    private readonly print: Print,
  ) {}

  get agree(): boolean {
    return this.#known.size === 0;
  }

  async tell(broken: readonly BrokenRow[]): Promise<void> {
    const { shard, json } = this.asked;
    const rows = broken.filter((row) => isAbout(row, shard) && !this.#known.has(nameOf(row)));
    for (const row of rows) this.#known.add(nameOf(row));
    if (rows.length > 0) await this.print(json ? rowsToJson(rows) : rowsToText(rows));
  }
}

const nameOf = ({ table, key }: BrokenRow): string =>
  JSON.stringify([table, Object.entries(key).toSorted(([one], [other]) => (one < other ? -1 : 1))]);

const isAbout = ({ key }: BrokenRow, shard: number | undefined): boolean =>
  shard === undefined || key['shard_id'] === undefined || key['shard_id'] === shard;

async function verifyLogs(asked: Wanted, pool: Pool, print: Print): Promise<boolean> {
  let agrees = true;
  for (const { shardId, clusterName } of await namedShards(pool, asked.shard)) {
    for (const log of logs) {
      const isRead = await readable(
        `${nameOfLog(log)} of ${clusterName} (shard ${shardId})`,
        asked,
        print,
        async () => {
          const verdict = await verifyOne(asked, pool, shardId, log);
          if (!verdict) return;
          agrees &&= verdict.disagreements.length === 0;
          const about = { shard: shardId, cluster: clusterName, log, ...verdict };
          await print(asked.json ? toJson(about) : toText(about));
        },
      );
      agrees &&= isRead;
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

import {
  CheckpointsFile,
  Ledger,
  listHolds,
  originOf,
  parseVerifier,
  rotateLedgerKey,
  Shards,
  verifyLog,
  type LogName,
  type Verdict,
  type Witnessed,
} from '#libs/event-store';
import { createLogger, visitDatabase, type Pool, type Print } from '#libs/platform';
import { exportArchives } from './archives.js';
import type { Asked } from './args.js';
import { namedShards } from './named-shards.js';
import { toHoldText, toJson, toText } from './tell.js';
import { isWork, work } from './work.js';

type Of<Command> = Extract<Asked, { command: Command }>;

/** Does what is asked. 1: something does not agree. */
export async function run(asked: Asked, print: Print): Promise<0 | 1> {
  if (asked.command === 'rotate-key') {
    await rotateLedgerKey({ data: asked.data, ledgerKeyFile: asked.ledgerKeyFile });
    await print('A new key stands before the old one: restart what writes the ledger, and from then on both sign.\n');
    return 0;
  }
  if (isWork(asked)) return work(asked, print);
  const visited = await visitDatabase(asked.where, createLogger('warn', 'people'));
  try {
    switch (asked.command) {
      case 'verify':
        return (await verify(asked, visited.pool, print)) ? 0 : 1;
      case 'prove':
        await print(await new Ledger(visited.pool, asked.log).proof(asked.shard, asked.position, true));
        return 0;
      case 'keys':
        await printKeys(visited.pool, print);
        return 0;
      case 'export':
        return await exportArchives(asked, visited.pool, print);
      case 'holds':
        await print((await listHolds(visited.pool)).map(toHoldText).join('') || 'Nothing is held.\n');
        return 0;
    }
  } finally {
    await visited.leave();
  }
}

const logs = ['event', 'act_event'] as const satisfies readonly LogName[];

async function verify(asked: Of<'verify'>, pool: Pool, print: Print): Promise<boolean> {
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
  asked: Of<'verify'>,
  pool: Pool,
  shardId: number,
  log: LogName,
): Promise<(Verdict & { origin: string; trusted: 'given' | 'database' }) | undefined> {
  const origin = await originOf(pool, shardId, log);
  const given = asked.keys.filter((key) => key.startsWith(`${origin}+`));
  const trusted = asked.keys.length > 0 ? 'given' : 'database';
  const keys = trusted === 'given' ? given : await new Ledger(pool, log).keys(shardId);
  const verifiers = keys.map(parseVerifier);
  const witnessed: Witnessed[] = [];
  for (const file of asked.checkpoints) witnessed.push(...(await publishedOf(file, origin, keys)));
  const verdict = await verifyLog({ connection: pool, log, shardId, verifiers, witnessed });
  if (verdict.size === 0 && verdict.checkpoints === 0 && verdict.disagreements.length === 0) return undefined;
  return { ...verdict, origin, trusted };
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

async function printKeys(pool: Pool, print: Print): Promise<void> {
  for (const { shardId } of await new Shards(pool).list())
    for (const log of logs) for (const key of await new Ledger(pool, log).keys(shardId)) await print(`${key}\n`);
}

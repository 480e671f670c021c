import { Ledger, listHolds, rotateLedgerKey, Shards } from '#libs/event-store';
import { createLogger, visitDatabase, type Pool, type Print } from '#libs/platform';
import { exportArchives } from './archives.js';
import type { Asked, Working } from './args.js';
import { toHoldText } from './tell.js';
import { logs, verify } from './verify.js';
import { verifyReadModels } from './verify-read-models.js';
import { isWork, work } from './work.js';

/** Does what is asked. 1: something does not agree. */
export async function run(asked: Asked, print: Print): Promise<0 | 1> {
  if (asked.command === 'rotate-key') {
    await rotateLedgerKey({ data: asked.data, ledgerKeyFile: asked.ledgerKeyFile });
    await print('A new key stands before the old one: restart what writes the ledger, and from then on both sign.\n');
    return 0;
  }
  if (isWork(asked)) return work(asked, print);
  const code = await look(asked, print);
  if (asked.command !== 'verify' || asked.readModels !== true) return code;
  return (await verifyReadModels(asked, print)) ? code : 1;
}

type Looking = Exclude<Asked, Working | { command: 'rotate-key' }>;

/** Does what changes nothing. */
async function look(asked: Looking, print: Print): Promise<0 | 1> {
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

async function printKeys(pool: Pool, print: Print): Promise<void> {
  for (const { shardId } of await new Shards(pool).list())
    for (const log of logs) for (const key of await new Ledger(pool, log).keys(shardId)) await print(`${key}\n`);
}

/** Holds the read models against what the log comes to. */
import { createLogger, enterDatabase, readSettings, type Print } from '#libs/platform';
import { deriveAnew, stuckLimitsOf } from '#libs/projections';
import type { Asked } from './args.js';
import { derivedToJson, derivedToText } from './tell.js';

type Wanted = Extract<Asked, { command: 'verify' }>;

/** @returns whether every row is what the log comes to, as far as that can be told */
export async function verifyReadModels({ where, shard, json }: Wanted, print: Print): Promise<boolean> {
  const { leave, ...entered } = await enterDatabase(where, createLogger('warn', 'people'));
  try {
    let agrees = true;
    for (const derived of await deriveAnew({ ...entered, shard, limits: stuckLimitsOf(readSettings([])) })) {
      agrees &&= derived.differing.length === 0;
      await print(json ? derivedToJson(derived) : derivedToText(derived));
    }
    return agrees;
  } finally {
    await leave();
  }
}

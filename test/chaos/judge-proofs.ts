/** Computes the logs anew, and holds them against all that was ever said of them. */
import { CheckpointsFile, originOf, signersOf, verifyLog, type LogName, type Witnessed } from '#libs/event-store';
import type { Pool } from '#libs/platform';
import type { Judgement } from './verdict.js';

/** What the logs were sealed with, and the file in which that was published. */
export type Sealed = Readonly<{ keys: readonly string[]; checkpoints: string }>;

/** The logs agree with their tiles, with every stored checkpoint, and with every one that was published; the last one covers each whole. */
export async function judgeProofs(
  { keys, checkpoints }: Sealed,
  pool: Pool,
  { shardId, logs }: Readonly<{ shardId: number; logs: readonly LogName[] }>,
): Promise<Judgement> {
  const untruths: string[] = [];
  const compared: Record<string, number> = {};
  for (const log of logs) {
    const origin = await originOf(pool, shardId, log);
    const verifiers = signersOf(origin, keys).map(({ verifier }) => verifier);
    const witnessed: Witnessed[] = [];
    for await (const { at, note } of new CheckpointsFile(checkpoints).read())
      if (note.startsWith(`${origin}\n`)) witnessed.push({ where: `published at ${at}`, note });
    const verdict = await verifyLog({ connection: pool, log, shardId, verifiers, witnessed });
    untruths.push(...verdict.disagreements.map((one) => `${log} ${one.where} ${one.from} to ${one.to}: ${one.says}`));
    const last = Math.max(0, ...witnessed.map(({ note }) => Number(note.split('\n')[1])));
    if (last !== verdict.size) untruths.push(`${log} has ${verdict.size} events, the last checkpoint is of ${last}`);
    compared[`${log}Checkpoints`] = verdict.checkpoints;
  }
  return { untruths, compared };
}

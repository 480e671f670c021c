/** What `ledger verify` prints. Pure. */
import type { LogName, Verdict } from '#libs/event-store';

/** A verified log. `trusted`: whether its keys were given, or are those that the database itself names. */
export type VerifiedLog = Verdict &
  Readonly<{ shard: number; cluster: string; log: LogName; origin: string; trusted: 'given' | 'database' }>;

export const toJson = (verified: VerifiedLog): string => `${JSON.stringify(verified)}\n`;

/** For people. */
export function toText({ shard, cluster, log, size, checkpoints, disagreements, trusted }: VerifiedLog): string {
  const name = `${log === 'event' ? 'observations' : 'acts'} of ${cluster} (shard ${shard})`;
  const by =
    trusted === 'given'
      ? 'signed by the keys given'
      : 'by the keys that the database names: give --key to trust none of it';
  if (disagreements.length === 0) return `agrees     ${name}: ${size} events, ${checkpoints} checkpoints, ${by}\n`;
  const lines = disagreements.map(
    ({ where, from, to, says }) => `           ${where}, ${positions(from, to)}: ${says}\n`,
  );
  return `DISAGREES  ${name}: ${size} events, ${checkpoints} checkpoints\n${lines.join('')}`;
}

function positions(from: number, to: number): string {
  if (to - from === 1) return `position ${from}`;
  return to > from ? `positions ${from} to ${to - 1}` : `at position ${from}`;
}

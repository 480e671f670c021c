import { describe, expect, it } from 'vitest';
import type { Parity } from './parity.js';
import { refusalOf } from './refusal.js';

const shard = (shardId: number): Parity['shards'][number] => ({
  shardId,
  position: 9,
  podsBefore: 2,
  podsAfter: 1,
  attemptsBefore: 2,
  attemptsAfter: 1,
  podsDiffering: 1,
});
const lost: Parity = { shards: [shard(1), shard(2)], differences: [], errors: ['pod api-1 is not told any more'] };
const refused = async (parity: Parity, isSame: boolean, horizons: Readonly<Record<number, number>> = {}) => {
  const head = (shardId: number) =>
    Promise.resolve({ size: 10, firstPosition: horizons[shardId] ?? 0, recordedAt: '', epoch: 1, watchEpoch: 1 });
  return (await refusalOf(parity, { rules: '9', isSame }, { head })).message;
};

describe('why read models are not put in force', () => {
  it('is the first error, how many more there are, and what to do', async () => {
    expect(await refused(lost, false)).toBe(
      'the read models built by rules 9 are not put in force: pod api-1 is not told any more; ' +
        'start the version that kept those in force, which loses nothing, or this one with --take-over always, which tells what the log still holds',
    );
    expect(await refused({ ...lost, errors: ['a', 'b', 'c'] }, true)).toBe(
      'the read models built by rules 9 are not put in force: a (and 2 more); ' +
        'those in force are kept as they are: start without --take-over again',
    );
  });

  it('names the shards of which retention dropped what they were told from', async () => {
    expect(await refused(lost, false, { 2: 4096 })).toContain(
      'not told any more; retention dropped what lies before position 4096 of shard 2; start the version',
    );
  });
});

/** Says why read models that were built are not put in force, and what can be done about it. */
import type { EventReader } from '#libs/event-store';
import type { Parity } from './parity.js';

/** By which rules they were built, and whether those in force were read by the same. */
export type Refused = Readonly<{ rules: string; isSame: boolean }>;

/** One error of the comparison stands for all, which the log names. What retention dropped of the log explains most of them, and no reading mends it. */
export async function refusalOf(
  { errors, shards }: Parity,
  { rules, isSame }: Refused,
  reader: Pick<EventReader, 'head'>,
): Promise<Error> {
  const [first = '', ...more] = errors;
  const dropped: string[] = [];
  for (const { shardId } of shards) {
    const { firstPosition = 0 } = (await reader.head(shardId)) ?? {};
    if (firstPosition > 0)
      dropped.push(`retention dropped what lies before position ${firstPosition} of shard ${shardId}`);
  }
  const why = `${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
  return new Error(
    [`the read models built by rules ${rules} are not put in force: ${why}`, ...dropped, isSame ? stay : choose].join(
      '; ',
    ),
  );
}

const stay = 'those in force are kept as they are: start without --take-over again';
const choose =
  'start the version that kept those in force, which loses nothing, or this one with --take-over always, which tells what the log still holds';

import { holdsIn } from '#libs/access';
import type { InitLogCaptured } from '#libs/init-history';
import { sql } from '../asking/sql.js';
import type { Cursor } from '../asking/cursor.js';
import type { Reading } from '../reading/report-reader.js';
import type { LogTail } from '../shapes/log-tail.js';
import { positionOf, type ToldPod } from './to-pod.js';

type LogRow = Readonly<{ position: number; body: string | null }>;

/** Whether logs of this pod may be read by who asks. */
export const mayReadLogs = (reading: Reading, { account }: ToldPod): boolean =>
  holdsIn(reading.viewer.logs, account.namespace, account.namespaceUid);

/** The recorded log tails of a pod after a position, each with the attempt that it is of. */
export async function logTailsOf(
  reading: Reading,
  told: ToldPod,
  page: Readonly<{ after: number; limit: number }>,
): Promise<(LogTail & { after: Cursor['after'] })[]> {
  const { shardId, account } = told;
  const reached = reading.place.positions[String(shardId)] ?? -1;
  const rows = await reading.snapshot.rows<LogRow>(sql`
    SELECT position::float8 AS position, body::text AS body
    FROM event
    WHERE shard_id = ${shardId} AND stream_id = ${account.uid}::uuid AND type = 'InitLogCaptured'
      AND position > ${page.after} AND position <= ${reached}
    ORDER BY position
    LIMIT ${page.limit}`);
  const isReadable = mayReadLogs(reading, told);
  return rows.map(({ position, body }) => ({
    ...(body === null ? erased : toldBy(JSON.parse(body) as InitLogCaptured, told, isReadable)),
    position: positionOf(shardId, position),
    after: [position],
  }));
}

type Told = Omit<LogTail, 'position'>;

/** What an erasure leaves: that something was recorded here. */
const erased: Told = {
  container: null,
  containerId: null,
  cycle: null,
  attempt: null,
  capturedAt: null,
  text: null,
  truncated: false,
  firstLineAt: null,
  lastLineAt: null,
  missing: null,
  erased: true,
};

function toldBy(captured: InitLogCaptured, { account }: ToldPod, isReadable: boolean): Told {
  const { container, containerId, receivedAt, truncated, missing } = captured;
  const place = placeOf(account, containerId);
  return {
    container,
    containerId,
    ...place,
    capturedAt: receivedAt,
    text: isReadable ? captured.text : null,
    truncated,
    firstLineAt: captured.firstLineAt,
    lastLineAt: captured.lastLineAt,
    missing,
    erased: false,
  };
}

function placeOf({ cycles }: ToldPod['account'], containerId: string): Pick<LogTail, 'cycle' | 'attempt'> {
  for (const { number, initContainers } of cycles) {
    const attempts = initContainers.flatMap((one) => one.attempts);
    const attempt = attempts.find((one) => one.containerId === containerId);
    if (attempt) return { cycle: number, attempt: attempt.number };
  }
  return { cycle: null, attempt: null };
}

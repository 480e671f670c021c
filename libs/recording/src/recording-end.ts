import { Shards } from '#libs/event-store';
import type { RecordingEnd } from '#libs/kubernetes';
import type { Pool } from '#libs/platform';
import type { Regained } from './regain.js';
import { meaningOf } from './rights.js';
import type { Unknown } from './rights.js';

/** What nobody can know who has only this recording: what it does not hold, and what came after its end. */
export function unknownsOf(end: RecordingEnd): readonly Unknown[] {
  const { to, lines, lacking, unknown, problem } = end;
  const after =
    to === null
      ? 'everything: no line of it could be read'
      : `everything after ${to}, where it ends after ${lines} lines`;
  const told = [
    after,
    ...lacking.map((resource) => `${meaningOf(resource)} (it holds no ${resource})`),
    ...unknown,
    ...(problem ? [problem.message] : []),
  ];
  return told.map((what) => ({ right: 'recording', unknown: what }));
}

/** Why nothing was recorded of a recording that holds no pods, and what to do. */
export function withoutPods({ lacking }: RecordingEnd): Readonly<{ error: string; remedy: string }> | undefined {
  if (!lacking.includes('pods')) return undefined;
  return {
    error: 'The recording holds no pods',
    remedy: 'Name the file that holds them, or the folder with all of it: --source recording:FOLDER.',
  };
}

/** Until when, in its own time, a recording is stored: its last lines may be bookmarks, of which the log holds nothing. */
export async function recordedUntil(
  { pool, shardId }: Readonly<{ pool: Pool; shardId: number }>,
  { receivedUntil }: Pick<Regained, 'receivedUntil'>,
): Promise<number> {
  const shard = (await new Shards(pool).list()).find((each) => each.shardId === shardId);
  const times = [receivedUntil, shard?.recordedUntil].map((time) => (time ? Date.parse(time) : -Infinity));
  return Math.max(...times);
}

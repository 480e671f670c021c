import { isAuditError } from '#libs/platform';
import { readRecordedFrame, readRecordedList, type RecordedFrame } from './frame-head.js';
import type { LineGroup } from './line-groups.js';

/** Where in a recording a watch goes on whose position is stored. */
export type ResumePlace = Readonly<{
  /** The how manieth group of lines it is that holds the position, from 1 on. */
  nth: number;
  /** Whether no line has the position itself, so that a frame just behind it is what is looked for. */
  late: boolean;
}>;

/** What is looked for: a position, in the watch of a resource and of one namespace or all. */
export type Sought = Readonly<{ resource: string; namespace: string | null; position: string }>;

/**
 * The place of each position: where several groups hold it, as those of a server that was restored from a backup do, the last of what
 * was recorded before, and not of what is new.
 *
 * @param until when the newest line was received that was recorded before, epoch milliseconds
 */
export async function resumePlaces(
  groups: AsyncIterable<LineGroup>,
  sought: readonly Sought[],
  until: number,
): Promise<readonly (ResumePlace | undefined)[]> {
  const found = sought.map((one) => ({ one, exact: { before: 0, all: 0 }, late: { before: 0, all: 0 } }));
  try {
    for await (const group of groups) for (const each of found) look(group, each, until);
  } catch (error) {
    // What stands before a line that cannot be read was found.
    if (!isAuditError(error)) throw error;
  }
  return found.map(({ exact, late }) => placeOf(exact, false) ?? placeOf(late, true));
}

type Count = { before: number; all: number };

function look(
  group: LineGroup,
  { one, ...counts }: Readonly<{ one: Sought; exact: Count; late: Count }>,
  until: number,
) {
  const held = concerns(group, one) ? holds(group, one.position) : undefined;
  if (!held) return;
  counts[held].all += 1;
  if (group.receivedAt <= until) counts[held].before = counts[held].all;
}

const placeOf = ({ before, all }: Readonly<Count>, late: boolean): ResumePlace | undefined =>
  all === 0 ? undefined : { nth: Math.max(1, before), late };

const concerns = (group: LineGroup, { resource, namespace }: Sought): boolean =>
  group.resource === resource && (group.namespace === null || namespace === null || group.namespace === namespace);

function holds(group: LineGroup, position: string): 'exact' | 'late' | undefined {
  if (group.what === 'closed') return undefined;
  const names = [position, behind(position)].map((version) => `"${version}"`);
  // Most lines need not be read for it.
  if (!group.lines.some(({ text }) => names.some((name) => text.includes(name)))) return undefined;
  if (group.what === 'list') return isListAt(readRecordedList(group.lines[0]), position) ? 'exact' : undefined;
  const frames = group.lines.map(readRecordedFrame);
  if (lastAt(frames, position) !== -1) return 'exact';
  return firstBehind(frames, position) === -1 ? undefined : 'late';
}

/** Whether a list, or the last page of one, was taken at a position. */
export const isListAt = ({ metadata }: ReturnType<typeof readRecordedList>, position: string): boolean =>
  metadata.resourceVersion === position && (metadata.continue ?? '') === '';

/** The last of some frames that has a position, or -1. */
export const lastAt = (frames: readonly RecordedFrame[], position: string): number =>
  frames.findLastIndex(({ resourceVersion }) => resourceVersion === position);

/** The first of some frames that stands just behind a position, as a late join begins, or -1. */
export const firstBehind = (frames: readonly RecordedFrame[], position: string): number =>
  frames.findIndex(({ resourceVersion }) => before(resourceVersion) === position);

/** The position just before a frame. */
export const before = (resourceVersion: string): string =>
  /^[1-9]\d*$/.test(resourceVersion) ? String(BigInt(resourceVersion) - 1n) : '0';

const behind = (position: string): string => (/^\d+$/.test(position) ? String(BigInt(position) + 1n) : position);

import { isAuditError } from '#libs/platform';
import type { AuditError } from '#libs/platform';
import { KubernetesError } from '../kubernetes-error.js';
import { compareResourceVersions } from '../resource-version.js';
import { positionGone, type Channel } from './channel.js';
import { readRecordedFrame, readRecordedList, type RecordedFrame } from './frame-head.js';
import type { LineGroup } from './line-groups.js';
import { invalid } from './read-lines.js';
import { before, firstBehind, isListAt, lastAt } from './resume-place.js';

type Group<What extends LineGroup['what']> = LineGroup & Readonly<{ what: What }>;

/** Shows a list, or a page of one. A watch that is open has ended without saying so; what was known is listed again. */
export async function showList(channel: Channel, { lines: [line] }: Group<'list'>): Promise<void> {
  const body = readRecordedList(line);
  const { resourceVersion, continue: token = '' } = body.metadata;
  await channel.next();
  if (channel.resumesAt !== undefined) {
    if (isListAt(body, channel.resumesAt) && channel.resumesHere(false)) channel.resumesAt = undefined;
    return;
  }
  await endInitial(channel);
  for (;;) {
    const demand = await channel.next();
    if (!demand) return;
    if (demand.what === 'page') {
      // The list of which this would be the next page was never finished: another one begins.
      if (demand.continued && channel.pageOf !== resourceVersion) demand.refuse(positionGone());
      else {
        channel.pageOf = token === '' ? undefined : resourceVersion;
        Object.assign(channel, { begun: true, mustList: false, last: undefined });
        demand.answer(within(channel, body));
        await channel.next();
        return;
      }
    } else if (demand.what === 'state') demand.answer('list');
    else if (demand.what === 'watch') demand.refuse(positionGone());
    else {
      channel.mustList = true;
      demand.answer(undefined);
    }
  }
}

/** The watch ended, and a list comes next. */
export async function showClosed(channel: Channel): Promise<void> {
  await channel.next();
  if (channel.resumesAt !== undefined) return;
  await endInitial(channel);
  channel.mustList = true;
  const demand = await channel.next();
  if (demand?.what !== 'chunk') return;
  demand.answer(undefined);
  await channel.next();
}

/** Shows frames of a watch. Where no list came before them, those that add are taken for one (kubectl; a late join). */
export async function showFrames(channel: Channel, group: Group<'frame'>): Promise<void> {
  await channel.next();
  const { read, problem } = readAll(group.lines);
  let frames = afterPosition(channel, read).filter(isWithin(channel));
  while (frames.length > 0) {
    const demand = await channel.next();
    if (!demand) return;
    if (demand.what === 'chunk')
      frames = channel.initial ? showInitial(channel, frames, demand) : showOn(channel, frames, demand);
    else if (demand.what === 'state') beginInitial(channel, frames, demand);
    else if (demand.what === 'watch' && demand.from === undefined) demand.answer();
    // A position that was lost, or pages of a list that was never finished.
    else demand.refuse(positionGone());
  }
  await channel.next();
  if (problem) throw problem;
}

/** What stands before a frame that cannot be read is true. */
function readAll(lines: Group<'frame'>['lines']): Readonly<{ read: RecordedFrame[]; problem?: AuditError }> {
  const read: RecordedFrame[] = [];
  try {
    for (const line of lines) read.push(readRecordedFrame(line));
    return { read };
  } catch (problem) {
    if (!isAuditError(problem)) throw problem;
    return { read, problem };
  }
}

/** Ends a list that was shown as frames: the watch goes on from the newest of them. */
export async function endInitial(channel: Channel): Promise<void> {
  if (!channel.initial) return;
  let demand = await channel.next();
  if (demand?.what === 'watch') {
    demand.answer();
    demand = await channel.next();
  }
  if (demand?.what !== 'chunk') return;
  demand.answer(initialEnd(channel, channel.initial.newest ?? '0'));
  await channel.next();
}

/** After the last line: a list that never comes is refused, a watch stays open and silent. */
export async function refuseRest(channel: Channel): Promise<void> {
  for (;;) {
    const demand = await channel.next();
    if (demand?.what !== 'state' && demand?.what !== 'page') return;
    demand.refuse(new KubernetesError('forbidden', `The recording holds no list of ${channel.resource}`));
  }
}

function beginInitial(
  channel: Channel,
  frames: readonly RecordedFrame[],
  demand: { answer: (next: 'frames') => void },
) {
  const [first] = frames;
  if (first && channel.begun && first.type !== 'ADDED')
    throw invalid(
      first.line.place,
      `the watch of ${channel.resource} had ended, and no list stands before its next frame`,
      'What stands before it is recorded. Put the list, or the frames of a new watch from its beginning, in between.',
    );
  // kubectl does not say at which position its list was taken: after all that was shown before.
  Object.assign(channel, { begun: true, mustList: false, last: undefined, initial: { newest: channel.last } });
  demand.answer('frames');
}

type Chunk = Readonly<{ answer: (chunk: Buffer | undefined) => void }>;

/** Shows what adds; whatever else comes says that the initial state is complete. */
function showInitial(channel: Channel, frames: RecordedFrame[], demand: Chunk): RecordedFrame[] {
  const initial = channel.initial ?? { newest: undefined };
  const others = frames.findIndex(({ type }) => type !== 'ADDED');
  const added = others === -1 ? frames : frames.slice(0, others);
  const [next] = frames.slice(added.length);
  if (added.length > 0) {
    for (const { resourceVersion } of added) initial.newest = newer(initial.newest, resourceVersion);
    demand.answer(chunkOf(added));
    return frames.slice(added.length);
  }
  if (next?.type === 'ERROR' || next?.endsInitial) {
    channel.initial = undefined;
    demand.answer(chunkOf([next]));
    return frames.slice(1);
  }
  demand.answer(initialEnd(channel, initial.newest ?? before(next?.resourceVersion ?? '0')));
  return frames;
}

/** Shows frames of a watch as they are. An added object that is older than the last frame says that another watch began. */
function showOn(channel: Channel, frames: RecordedFrame[], demand: Chunk): RecordedFrame[] {
  const shown: RecordedFrame[] = [];
  for (const frame of frames) {
    if (frame.type === 'ADDED' && isOlder(frame.resourceVersion, channel.last)) break;
    if (frame.type !== 'DELETED' && frame.type !== 'ERROR') channel.last = newer(channel.last, frame.resourceVersion);
    shown.push(frame);
    // Whoever meets an error reads no further.
    if (frame.type === 'ERROR') break;
  }
  if (shown.length === 0) {
    channel.mustList = true;
    demand.answer(undefined);
  } else demand.answer(chunkOf(shown));
  return frames.slice(shown.length);
}

/** Of a watch that goes on from a position: what comes after the frame that has it. */
function afterPosition(channel: Channel, frames: RecordedFrame[]): RecordedFrame[] {
  if (channel.resumesAt !== undefined) return afterFrame(channel, channel.resumesAt, frames);
  const { resumedIn } = channel;
  if (resumedIn === undefined) return frames;
  const others = frames.findIndex(
    ({ type, resourceVersion }) => type !== 'ADDED' || !isOlder(resourceVersion, resumedIn),
  );
  if (others === -1) return [];
  channel.resumedIn = undefined;
  return frames.slice(others);
}

function afterFrame(channel: Channel, position: string, frames: RecordedFrame[]): RecordedFrame[] {
  const at = lastAt(frames, position);
  const following = at === -1 ? firstBehind(frames, position) : at + 1;
  if (following === -1 || !channel.resumesHere(at === -1)) return [];
  channel.last = position;
  channel.resumesAt = undefined;
  channel.resumedIn = frames[at]?.type === 'ADDED' ? position : undefined;
  return afterPosition(channel, frames.slice(following));
}

function isWithin({ namespace }: Channel) {
  return ({ type, object }: RecordedFrame) =>
    namespace === null || type === 'BOOKMARK' || type === 'ERROR' || object.metadata.namespace === namespace;
}

function within({ namespace }: Channel, body: ReturnType<typeof readRecordedList>) {
  return namespace === null
    ? body
    : { ...body, items: body.items.filter(({ metadata }) => metadata.namespace === namespace) };
}

function initialEnd(channel: Channel, resourceVersion: string): Buffer {
  channel.initial = undefined;
  channel.last = resourceVersion;
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  const object = { kind: 'Bookmark', apiVersion: 'v1', metadata: { resourceVersion, annotations } };
  return Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
}

const chunkOf = (frames: readonly RecordedFrame[]) => Buffer.from(frames.map(({ line }) => `${line.text}\n`).join(''));

const isOlder = (resourceVersion: string, than: string | undefined) =>
  than !== undefined && (compareResourceVersions(resourceVersion, than) ?? 0) < 0;

const newer = (a: string | undefined, b: string) => (a === undefined || isOlder(a, b) ? b : a);

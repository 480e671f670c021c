import { describe, expect, it } from 'vitest';
import type { Frame } from '#libs/kubernetes';
import { freshFrames } from './fresh-frames.js';

const uidOf = (pod: number): string => `00000000-0000-4000-8000-00000000000${pod}`;
const frame = (type: Frame['type'], resourceVersion: number, pod = 1): Frame =>
  ({ type, object: { metadata: { uid: uidOf(pod), resourceVersion: String(resourceVersion) } } }) as Frame;

/** Of a watch that stands at 10 and knows pod 1: which frames are taken. */
function taken(frames: readonly Frame[], stored: ReadonlyMap<string, string> = new Map()) {
  let isBack = false;
  const fresh = freshFrames(frames, {
    position: '10',
    knows: (stream) => stream === uidOf(1),
    ahead: { get: (stream) => stored.get(stream) },
    turnsBack: () => (isBack = true),
  });
  return { fresh: fresh.map(({ type, object }) => `${type} ${object.metadata.resourceVersion}`), isBack };
}

describe('frames', () => {
  it('are taken once, whether they come again at once or later', () => {
    const moved = frame('MODIFIED', 11);

    expect(taken([moved, moved, frame('MODIFIED', 10)]).fresh).toEqual(['MODIFIED 11']);
  });

  it('that tell of an end are taken once, although who goes is known still', () => {
    const gone = frame('DELETED', 11);

    expect(taken([gone, gone]).fresh).toEqual(['DELETED 11']);
  });

  it('of an end with the last resourceVersion of who went are taken, once, if that is known', () => {
    const [old, stranger] = [frame('DELETED', 10), frame('DELETED', 10, 2)];

    expect(taken([old, old, stranger]).fresh).toEqual(['DELETED 10']);
  });

  it('of states that are stored already are left out', () => {
    const stored = new Map([[uidOf(2), '12']]);

    expect(taken([frame('MODIFIED', 12, 2), frame('MODIFIED', 13, 2)], stored).fresh).toEqual(['MODIFIED 13']);
  });

  it.each([
    { at: 9, isBack: true },
    { at: 10, isBack: false },
  ])('that are bookmarks at $at of a watch at 10 tell that the server turned back: $isBack', ({ at, isBack }) => {
    expect(taken([frame('BOOKMARK', at)])).toEqual({ fresh: [], isBack });
  });
});

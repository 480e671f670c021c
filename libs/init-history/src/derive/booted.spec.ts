/** Which pass began by a boot, where two clocks that are cut to whole seconds may differ by three (semantics 2.4). */
import { describe, expect, it } from 'vitest';
import { nothingKnown } from '../history.js';
import { ended, frameUid, running, second, watched, type Frame } from '../testing/index.js';
import { beganByBoot, passBegan } from './booted.js';

describe('a pass began by a boot that came between second 50 and 100', () => {
  it.each([
    ['when it began after the boot, and the one before did not', 20, 110, true],
    ['when it began while the boot may have been', 20, 60, true],
    ['when clocks that differ may put it there', 20, 47, true],
    ['not when it had begun before', 20, 46, false],
    ['not when the one before had begun in the same boot', 104, 110, false],
    ['not when clocks that differ may put the one before there', 97, 110, false],
    ['when the one before began shortly before the boot', 96, 110, true],
    ['when it is the first one', null, 110, true],
    ['when its own beginning is not known', 20, null, true],
  ])('%s', (_, passBefore, pass, expected) => {
    const at = (of: number | null) => (of === null ? null : second(of));
    expect(beganByBoot({ at: second(100), notBefore: second(50) }, at(passBefore), at(pass))).toBe(expected);
  });
});

describe('a pass began', () => {
  const cycle = { number: 1, startedAt: second(2) };
  const begun = (...frames: readonly Frame[]) => passBegan(watched(frames).pods.get(frameUid) ?? nothingKnown, cycle);
  it('with its first instance, whichever container that was of', () => {
    expect(begun({ a: ended('a0', [5, 6]), b: running('b0', 7) })).toBe(second(5));
    expect(begun({ a: running('a0', 9), b: ended('b0', [7, 8]) })).toBe(second(7));
  });

  it('with its sandbox or acceptance, where no instance has a start', () => {
    const failed = { exitCode: 128, startedAt: null, finishedAt: second(6), containerID: 'a0' };
    expect(begun({})).toBe(second(2));
    expect(begun({ a: { containerID: 'a0', restartCount: 0, state: { terminated: failed } } })).toBe(second(2));
  });
});

import { describe, expect, it } from 'vitest';
import { KeepingUp } from './keeping-up.js';

describe('a watch keeps up', () => {
  function watch(): { frames(at: number, takenAt?: number): string | undefined } {
    let ms = 0;
    const pace = new KeepingUp(
      () => `second ${ms / 1000}`,
      () => ms,
    );
    return {
      frames(at, takenAt = at) {
        ms = at * 1000;
        pace.comes();
        ms = takenAt * 1000;
        pace.taken();
        return pace.behindSince;
      },
    };
  }

  it('as long as no frame waits for room', () => {
    const one = watch();
    expect([one.frames(20), one.frames(21, 21.9), one.frames(400)]).toEqual([undefined, undefined, undefined]);
  });

  it('no more from the frame on that waited, until it has read freely for ten seconds', () => {
    const one = watch();
    expect([one.frames(20, 25), one.frames(25.1), one.frames(34.9), one.frames(35)]).toEqual([
      'second 20',
      'second 20',
      'second 20',
      undefined,
    ]);
  });

  it('no more from the first of several on that waited', () => {
    const one = watch();
    expect([one.frames(20, 25), one.frames(25.1, 27), one.frames(36), one.frames(37)]).toEqual([
      'second 20',
      'second 20',
      'second 20',
      undefined,
    ]);
  });
});

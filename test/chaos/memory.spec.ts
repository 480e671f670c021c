import { describe, expect, it } from 'vitest';
import { judgeMemory, type Lived } from './memory.js';

/** A process looked at every ten seconds, that takes so much after so many seconds. */
const lived = (seconds: number, takes: (at: number) => number): Lived => ({
  post: 'recorder',
  pid: 7,
  looks: Array.from({ length: Math.floor(seconds / 10) + 1 }, (_, nth) => ({
    seconds: nth * 10,
    rss: Math.round(takes(nth * 10)),
    heap: 50,
  })),
});
const judged = (life: Lived) => judgeMemory([life]);

describe('the memory of a process', () => {
  it('is told first, in the middle and last, and is bounded that goes to and fro', () => {
    const { untruths, told, compared } = judged(lived(900, (at) => 150 + 20 * Math.sin(at)));

    expect({ untruths, compared }).toEqual({ untruths: [], compared: { longLives: 1 } });
    expect(told).toEqual([
      expect.stringMatching(/^recorder \(7\), 15 min: rss 1[3-6]\d, 1[3-6]\d, 1[3-6]\d MB$/),
      'recorder (7), 15 min: heap 50, 50, 50 MB',
    ]);
  });

  it('is bounded that grows while it warms up, and once', () => {
    expect(judged(lived(900, (at) => Math.min(200, 50 + at))).untruths).toEqual([]);
    expect(judged(lived(900, (at) => (at < 300 ? 150 : 210))).untruths).toEqual([]);
  });

  it('is found out that grows all the time', () => {
    expect(judged(lived(900, (at) => 100 + at / 5)).untruths).toEqual([
      expect.stringMatching(/^memory grows: recorder \(7\), 15 min: rss 1\d\d, \d+, 2\d\d MB$/),
    ]);
  });

  it('of a life that is too short says nothing', () => {
    expect(judged(lived(200, (at) => 100 + at))).toEqual({ untruths: [], told: [], compared: { longLives: 0 } });
  });
});

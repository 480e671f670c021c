import { describe, expect, it } from 'vitest';
import { nextRetry } from './next-retry.js';

const now = Date.parse('2026-11-21T12:00:00Z');
const message = 'back-off 2m40s restarting failed container=migrate pod=api_shop(0b1c)';

describe('nextRetry', () => {
  it('counts the back-off from the end of the last attempt, up to one sync of the kubelet later', () => {
    expect(nextRetry(message, '2026-11-21T11:59:00Z', now)).toEqual({
      seconds: 100,
      lo: 100,
      hi: 116,
      certainty: 'bounded',
    });
  });

  it('is due now, not in the past, when the back-off is over', () => {
    expect(nextRetry(message, '2026-11-21T11:57:15Z', now)).toEqual({
      seconds: 0,
      lo: 0,
      hi: 11,
      certainty: 'bounded',
    });
  });

  it.each([
    [null, '2026-11-21T11:59:00Z'],
    ['Back-off pulling image "x"', '2026-11-21T11:59:00Z'],
    [message, null],
  ])('is unknown where the kubelet promised none: %j, %j', (said, finishedAt) => {
    expect(nextRetry(said, finishedAt, now).certainty).toBe('unknown');
  });
});

import { describe, expect, it } from 'vitest';
import type { Json } from '../e2e/service.js';
import { judgeRevealed, type RevealedCase } from './judge-revealed.js';
import type { Gap } from './log.js';
import { Pictures } from './pictures.js';

const uid = '00000000-0000-4000-8000-000000000001';
const running = (id: string) => ({ containerID: id, restartCount: 0, state: { running: { startedAt: null } } });
const ended = (id: string, exitCode: number) => ({ terminated: { containerID: id, exitCode } });

/** One init container: runs as `a`, fails, runs as `b`, fails, runs as `c`, which succeeds. */
function picturesOf(): Pictures {
  const pictures = new Pictures();
  const statuses = [
    undefined,
    running('a'),
    { ...running('b'), restartCount: 1, lastState: ended('a', 3) },
    { ...running('c'), restartCount: 2, lastState: ended('b', 4) },
    { containerID: 'c', restartCount: 2, state: ended('c', 0) },
  ];
  for (const [nth, status] of statuses.entries())
    pictures.note({
      resource: 'pods',
      type: nth === 0 ? 'ADDED' : 'MODIFIED',
      object: {
        metadata: { uid, name: 'web', namespace: 'shop', resourceVersion: String(11 + nth) },
        status: { initContainerStatuses: status ? [{ name: 'first', ...status }] : [] },
      } as never,
    });
  return pictures;
}

const attempt = (containerId: string, exitCode: number | null): Json => ({
  containerId,
  exitCode,
  basis: 'reconstructed',
  outcome: exitCode === null ? 'running' : exitCode === 0 ? 'succeeded' : 'failed',
});
const podOf = (attempts: readonly Json[], missedAttempts = 0): Json => ({
  uid,
  cycles: [{ initContainers: [{ name: 'first', attempts, missedAttempts }] }],
});
const gapOf = (from: number, to: number): Gap =>
  ({ resource: 'pods', from, to, fromAt: 0, toAt: 0, cause: 'expired', position: 1 }) as const;
const judged = (told: readonly Json[], more: Partial<RevealedCase> = {}) =>
  judgeRevealed({
    pictures: picturesOf(),
    pods: told,
    gaps: [gapOf(11, 14)],
    opened: 1,
    until: 99,
    ...more,
  });

const [b, c] = [attempt('b', 4), attempt('c', 0)];

describe('what is told of a pod that changed in a gap', () => {
  it('is what the list after it and all later showed, and counts what went unseen', () => {
    expect(judged([podOf([b, c], 1)])).toEqual({ untruths: [], compared: { revealedInGaps: 2 } });
  });

  it('may lack what the list did not show any more', () => {
    expect(judged([podOf([c], 2)], { gaps: [gapOf(11, 15)] }).untruths).toEqual([]);
  });

  it('is nothing of what came after all was read, and nothing of a pod that went in it', () => {
    expect(judged([], { until: 13 })).toEqual({ untruths: [], compared: { revealedInGaps: 0 } });
  });

  it('is what the first list and all later showed, where it changed before that', () => {
    const late = { gaps: [], opened: 14 };

    expect(judged([podOf([b, c], 1)], late)).toEqual({ untruths: [], compared: { revealedInGaps: 2 } });
    expect(judged([podOf([c], 2)], late).untruths.join()).toMatch(/first b: was shown, and is not told/);
  });

  it('is judged here only where it changed in one', () => {
    expect(judged([], { gaps: [] })).toEqual({ untruths: [], compared: { revealedInGaps: 0 } });
  });

  const untrue: Readonly<Record<string, readonly [told: readonly Json[], says: RegExp, more?: Partial<RevealedCase>]>> =
    {
      'lacks the pod': [[], /shop\/web: 2 attempts were shown, and the pod is not told/],
      'lacks the last state of the list': [[podOf([c], 2)], /first b: was shown, and is not told/],
      'lacks what ran before the gap': [
        [podOf([c], 2)],
        /first a: was shown, and is not told/,
        { gaps: [gapOf(12, 15)] },
      ],
      'tells as running what the list showed as ended': [
        [podOf([attempt('b', null), c], 1)],
        /first b: its end was shown, and it is told as running/,
      ],
      'tells as observed what only its successor told of': [
        [podOf([{ ...attempt('b', 4), basis: 'observed' }, c], 1)],
        /first b: only its successor told of it, and it is told as observed/,
      ],
      'tells another exit code': [[podOf([attempt('b', 5), c], 1)], /first b: exit code 4 was shown, 5 is told/],
      'does not count what went unseen': [[podOf([c], 0)], /2 restarts were shown, 1 attempts are told/],
    };
  it.each(Object.entries(untrue))('is found out that %s', (_, [told, says, more]) => {
    expect(judged(told, more).untruths.join('\n')).toMatch(says);
  });
});

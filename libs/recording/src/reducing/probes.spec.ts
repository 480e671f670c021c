import { describe, expect, it } from 'vitest';
import { condition, containerStatus, rawPod } from '../testing/raw-pod.js';
import { observe, type Change } from './known.js';
import { Masking } from './masking.js';
import { decideProbes, flushProbes, isQuiet, type ProbeState } from './probes.js';
import { reducePod } from './reduce-pod.js';

const masking = new Masking({ key: 'a key', commands: 'masked' });
const minute = 60_000;

function look(ready: boolean, initialized = true, more: Record<string, unknown> = {}) {
  const flag = ready ? 'True' : 'False';
  const conditions = [condition('Initialized', initialized ? 'True' : 'False'), condition('Ready', flag)];
  const status = { conditions, containerStatuses: [containerStatus('app', { ready, ...more })] };
  return reducePod(rawPod({ status }), masking);
}

function flap(initialized = true): Change {
  const change = observe(observe(undefined, look(false, initialized))?.known, look(true, initialized));
  if (!change) throw new Error('the probe changed');
  return change;
}

/** Decides one change of a probe after another, as a recorder does. */
function decided(times: readonly number[]) {
  let state: ProbeState | undefined;
  return times.map((at) => {
    const decision = decideProbes(state, flap(), look(true), at);
    state = decision.state;
    return [decision.action, decision.coalesced, decision.dueAt] as const;
  });
}

describe('a change of probes alone', () => {
  it('is written at once after a quiet minute, and held within the next', () => {
    expect(decided([0, 1_000, 2_000])).toEqual([
      ['write', 0, null],
      ['hold', 0, minute],
      ['hold', 0, minute],
    ]);
  });

  it('is written when the minute is over, with the count of those it stands for', () => {
    expect(decided([0, 1_000, 2_000, minute]).at(-1)).toEqual(['write', 2, null]);
  });

  it('is written when it is flushed, and begins another minute', () => {
    const flushed = flushProbes({ writtenAt: 0, held: 3 }, minute);

    expect(flushed).toEqual({ state: { writtenAt: minute, held: 0 }, coalesced: 2 });
    expect(decideProbes(flushed.state, flap(), look(true), minute + 1).action).toBe('hold');
  });

  it('is never held during initialization', () => {
    expect(decideProbes({ writtenAt: 0, held: 0 }, flap(false), look(true, false), 1).action).toBe('write');
  });

  it('is never held while a container is not running: STATUS could depend on it', () => {
    const ended = look(true, true, { state: { terminated: { exitCode: 0, reason: 'Completed' } } });

    expect(decideProbes({ writtenAt: 0, held: 0 }, flap(), ended, 1).action).toBe('write');
  });
});

describe('any other change', () => {
  it('is written at once, and stands for what was held', () => {
    const other: Change = { ...flap(), probesOnly: false };

    expect(decideProbes({ writtenAt: 0, held: 2 }, other, look(true), 1_000)).toEqual({
      action: 'write',
      state: { writtenAt: 0, held: 0 },
      coalesced: 2,
      dueAt: null,
    });
  });

  it('leaves nothing to remember when the minute is over', () => {
    expect(
      decideProbes({ writtenAt: 0, held: 0 }, { ...flap(), probesOnly: false }, look(true), minute).state,
    ).toBeUndefined();
    expect(isQuiet({ writtenAt: 0, held: 1 }, 2 * minute)).toBe(false);
  });
});

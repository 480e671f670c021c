import { describe, expect, it } from 'vitest';
import { TailLedger } from './tail-ledger.js';

const pod = { stream: 's', uid: 'u', namespace: 'shop', pod: 'web', resourceVersion: '7' };
const failing = (id: string, container = 'migrate') =>
  new Map([
    [
      `status.initContainer.${container}`,
      JSON.stringify({ state: { terminated: { containerID: id, exitCode: 1, startedAt: '2026-11-21T02:00:01Z' } } }),
    ],
  ]);

describe('TailLedger', () => {
  it('wants each attempt once, however often it is shown', () => {
    const ledger = new TailLedger();

    expect(ledger.look(pod, failing('a'))).toHaveLength(1);
    expect(ledger.look(pod, failing('a'))).toEqual([]);
    expect(ledger.look(pod, failing('b'))).toHaveLength(1);
    ledger.captured('s', 'migrate', 'a');
    expect(ledger.look(pod, failing('a'))).toEqual([]);
    expect(ledger.wanted.map(({ containerId }) => containerId)).toEqual(['b']);
  });

  it('keeps twenty attempts of a container that fails for ever, those read again from the log included', () => {
    const ledger = new TailLedger();
    for (let n = 0; n < 5; n += 1) ledger.captured('s', 'migrate', `old-${n}`);

    const wanted = Array.from({ length: 30 }, (_, n) => ledger.look(pod, failing(`new-${n}`))).flat();

    expect(wanted).toHaveLength(15);
    expect(ledger.look(pod, failing('other', 'seed'))).toHaveLength(1);
  });

  it('forgets a pod that is no more', () => {
    const ledger = new TailLedger();
    const [wanted] = ledger.look(pod, failing('a'));
    ledger.forget('s');

    expect(ledger.wanted).toEqual([]);
    expect(wanted && ledger.isWanted(wanted)).toBe(false);
  });
});

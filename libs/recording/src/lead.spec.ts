import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { KubernetesError } from '#libs/kubernetes';
import { Lead } from './lead.js';

/** A Lease whose holding goes as the test says, every 10 ms. */
function lease(...answers: (boolean | 'silent')[]) {
  const released: boolean[] = [];
  return {
    everyMs: 10,
    graceMs: 60,
    released,
    hold: () => {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === 'silent') return Promise.reject(new KubernetesError('unreachable', 'no answer'));
      return Promise.resolve(answer ?? false);
    },
    release: () => {
      released.push(true);
      return Promise.resolve();
    },
  };
}

const never = new AbortController().signal;

describe('Lead', () => {
  it('is waited for while another holds the Lease, or nobody says', async () => {
    const lead = new Lead(lease(false, 'silent', false, true));

    expect(await lead.take(never)).toBe(true);
    await lead.giveUp();
  });

  it('is not waited for any longer than wanted', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 30);

    expect(await new Lead(lease(false)).take(stop.signal)).toBe(false);
  });

  it('is lost as soon as another holds the Lease', async () => {
    const lead = new Lead(lease(true, true, false));
    await lead.take(never);

    await sleep(50);

    expect(lead.lost.aborted).toBe(true);
  });

  it('survives a server that does not answer for less than the grace, and not for more', async () => {
    const lead = new Lead(lease(true, 'silent', 'silent', true, 'silent'));
    await lead.take(never);

    await sleep(45);
    expect(lead.lost.aborted).toBe(false);
    await sleep(150);
    expect(lead.lost.aborted).toBe(true);
  });

  it('frees the Lease at its end', async () => {
    const held = lease(true);
    const lead = new Lead(held);
    await lead.take(never);

    await lead.giveUp();

    expect(held.released).toEqual([true]);
  });
});

import { describe, expect, it } from 'vitest';
import { KubernetesError, cutRanges } from '#libs/kubernetes';
import type { Cluster } from '#libs/kubernetes';
import { proposeDivision } from './division.js';

const names = ['team-00', 'team-01', 'shop'];

/** A cluster that divides or not, and whose namespaces may be listed or not. */
function cluster(divides: boolean, refusal?: 'forbidden' | 'unreachable'): Cluster {
  const asked = {
    divides: () => Promise.resolve(divides),
    async *list() {
      if (refusal) throw new KubernetesError(refusal, 'no');
      yield* [names.slice(0, 2), names.slice(2)].map((page) => ({
        items: page.map((name) => ({ metadata: { name } })),
      }));
    },
  };
  return asked as unknown as Cluster;
}

const propose = (of: Cluster, demanded?: 'hash' | 'range') => proposeDivision(of, { of: 2 }, demanded);

describe('the division that a recorder proposes', () => {
  it('is by ranges that fit all namespaces where the server divides, else by a hash', async () => {
    expect(await propose(cluster(true))).toEqual({ cuts: cutRanges(names, 2), demanded: undefined });
    expect(await propose(cluster(false))).toEqual({});
  });

  it('is what is demanded, whatever the server can', async () => {
    expect(await propose(cluster(false), 'range')).toEqual({ cuts: cutRanges(names, 2), demanded: 'range' });
    expect(await propose(cluster(true), 'hash')).toEqual({ demanded: 'hash' });
  });

  it('is not by ranges that fit nothing, where namespaces may not be seen, unless that is demanded', async () => {
    expect(await propose(cluster(true, 'forbidden'))).toEqual({});
    expect(await propose(cluster(true, 'forbidden'), 'range')).toEqual({ cuts: cutRanges([], 2), demanded: 'range' });
  });

  it('waits for a cluster that does not answer', async () => {
    await expect(propose(cluster(true, 'unreachable'))).rejects.toMatchObject({ reason: 'unreachable' });
  });
});

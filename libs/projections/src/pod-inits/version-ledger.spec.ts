import { describe, expect, it } from 'vitest';
import { account, cycle } from '../testing/accounts.js';
import { cycleContribution } from '../statistics/contribution.js';
import { VersionLedger } from './version-ledger.js';
import type { InForce, Versioned } from './version-ledger.js';

type Row = Versioned & { name: string };

const contribution = cycleContribution(account(), cycle());
const other = cycleContribution(account({ revision: '7a7a' }), cycle());
const row = (digest: string, validFrom: number, counts: Row['contribution'] = null): Row => ({
  name: digest,
  digest,
  valid_from: validFrom,
  valid_to: null,
  contribution: counts,
});
const nothing: ReadonlyMap<string, InForce> = new Map();

describe('VersionLedger', () => {
  it('opens a version, and none for what is served alike', () => {
    const ledger = new VersionLedger<Row>();

    const first = ledger.move('pod', nothing, new Map([['1', row('a', 5)]]), 5);
    ledger.move('pod', first.inForce, new Map([['1', row('a', 6)]]), 6);

    expect(ledger.rows).toEqual([row('a', 5)]);
    expect(ledger.closures).toEqual([]);
  });

  it('keeps what was in between within one batch', () => {
    const ledger = new VersionLedger<Row>();

    const first = ledger.move('pod', nothing, new Map([['1', row('a', 5)]]), 5);
    ledger.move('pod', first.inForce, new Map([['1', row('b', 6)]]), 6);

    expect(ledger.rows).toEqual([{ ...row('a', 5), valid_to: 6 }, row('b', 6)]);
    expect(ledger.closures).toEqual([]);
  });

  it('closes a version of an earlier batch, and one that has no successor', () => {
    const ledger = new VersionLedger<Row>();
    const inForce = new Map([['0', { digest: 'a', contribution: null }]]);

    ledger.move('pod', inForce, new Map([['1', row('b', 6)]]), 6);

    expect(ledger.rows).toEqual([row('b', 6)]);
    expect(ledger.closures).toEqual([{ pod_uid: 'pod', key: '0', position: 6 }]);
  });

  it('takes back what the earlier version counted for, and nothing where both count for the same', () => {
    const ledger = new VersionLedger<Row>();
    const inForce = new Map([['1', { digest: 'a', contribution }]]);

    const moved = ledger.move('pod', inForce, new Map([['1', row('b', 6, other)]]), 6);
    const unmoved = ledger.move('pod', moved.inForce, new Map([['1', row('c', 7, other)]]), 7);

    expect(moved.counts).toEqual([
      { contribution: contribution?.[0], times: -1, position: 6 },
      { contribution: other?.[0], times: 1, position: 6 },
    ]);
    expect(unmoved.counts).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodAccount } from '#libs/init-history';
import { recordings, runs } from '../../../../test/recordings/reader.js';
import { foldPod } from '../answering/fold-pod.js';
import { withoutRunning } from '../answering/carry-forward.js';
import { Ledger, seenIn, seenOfCluster } from '../testing/index.js';
import type { Seen } from '../testing/index.js';

/** All that was recorded of one kubelet's pods, side by side as it was received; with `late`, context after everything else. */
function recorded(kubelet: '1.36' | '1.33', late = false): readonly Seen[] {
  const seen = [
    ...runs(kubelet).flatMap((run) => seenOfCluster(kubelet, run)),
    ...recordings()
      .filter((recording) => recording.kubelet === kubelet)
      .flatMap(seenIn),
  ].toSorted((a, b) => Date.parse(a.observation.receivedAt) - Date.parse(b.observation.receivedAt));
  const isContext = ({ observation: { type } }: Seen): boolean => /^(Node|Owner|Namespace)Observed$/.test(type);
  return late ? [...seen.filter((each) => !isContext(each)), ...seen.filter(isContext)] : seen;
}

describe('the read models of recorded pods', { timeout: 480_000 }, () => {
  let ledger: Ledger;

  beforeEach(async () => {
    ledger = await Ledger.open();
  });

  afterEach(() => ledger.close());

  it.each([
    ['in order', false],
    ['with context that comes last', true],
  ] as const)('tell the same whatever the batches were, with a memory or without: %s', async (_, late) => {
    const seen = recorded('1.36', late);
    const follower = ledger.follower();
    for (let from = 0, step = 0; from < seen.length; from += 311, step++) {
      await ledger.append(seen.slice(from, from + 311), 20);
      await ledger.project(step % 3 === 0 ? ledger.follower() : follower);
    }
    const kept = await ledger.readModels();

    await ledger.takeOver({ rules: '99' });
    const rebuilt = await ledger.readModels();

    expect(ledger.failures).toEqual([]);
    expect(kept['pod_init']?.length).toBeGreaterThan(500);
    for (const table of Object.keys(kept)) {
      const missing = kept[table]?.filter((row) => !rebuilt[table]?.includes(row)) ?? [];
      expect({ table, missing: missing.slice(0, 1), rows: rebuilt[table]?.length }).toEqual({
        table,
        missing: [],
        rows: kept[table]?.length,
      });
    }
  });

  it('are what each pod folded up to a position tells', async () => {
    await ledger.append(recorded('1.33'), 20);
    await ledger.project();
    const rows = await ledger.rows<{ pod_uid: string; valid_from: number; told_at: string; doc: PodAccount }>(
      'SELECT pod_uid, valid_from, told_at, doc FROM pod_init WHERE newest ORDER BY valid_from',
    );

    for (const { pod_uid, valid_from, told_at, doc } of rows.filter((_, index) => index % 5 === 0)) {
      const folded = await foldPod(ledger.reader, ledger.pool, {
        shardId: ledger.shardId,
        podUid: pod_uid,
        upTo: valid_from,
      });
      const account = folded?.account(Date.parse(told_at));
      expect(withoutRunning(doc)).toEqual(account && withoutRunning({ ...account, cycles: account.cycles.slice(-1) }));
    }
    expect(rows.length).toBeGreaterThan(100);
  });
});

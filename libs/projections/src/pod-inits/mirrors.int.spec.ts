import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodAccount } from '#libs/init-history';
import { foldPod } from '../answering/fold-pod.js';
import {
  gapSeen,
  initEnds,
  initRuns,
  Ledger,
  namespaceSeen,
  newPod,
  podGone,
  podSeen,
  time,
  uid,
  type Seen,
} from '../testing/index.js';

const hash = '0123456789abcdef0123456789abcdef';
const mirror = (pod: number, at: number): Seen =>
  newPod(pod, at, { annotations: { 'kubernetes.io/config.mirror': hash }, owner: null });

/** The mirror is made again at second 40, over the containers that ran since second 11. */
const again: readonly Seen[] = [
  mirror(2, 40),
  podSeen(2, 41, {
    status: { phase: 'Running', startTime: time(10), initContainerStatuses: ['migrate'], containerStatuses: ['app'] },
    'status.initContainer.migrate': {
      name: 'migrate',
      restartCount: 0,
      containerID: 'containerd://1',
      state: {
        terminated: {
          exitCode: 0,
          reason: 'Completed',
          startedAt: time(11),
          finishedAt: time(15),
          containerID: 'containerd://1',
        },
      },
    },
    'condition.Initialized': { type: 'Initialized', status: 'True', lastTransitionTime: time(15) },
  }),
];

describe('a mirror that is made again', () => {
  let ledger: Ledger;

  beforeEach(async () => {
    ledger = await Ledger.open();
  });

  afterEach(() => ledger.close());

  const findings = async (pod: number): Promise<readonly string[]> => {
    const [row] = await ledger.rows<{ doc: PodAccount }>(
      `SELECT doc FROM pod_init WHERE valid_to IS NULL AND newest AND pod_uid = '${uid(pod)}'`,
    );
    return row?.doc.findings.map(({ kind }) => kind) ?? [];
  };
  const ended = (): Promise<object[]> =>
    ledger.rows('SELECT container, ended::int FROM workload_stats ORDER BY container');
  const first = [namespaceSeen(0), mirror(1, 10), initRuns(1, 11), initEnds(1, 11, 15)];

  it.each(['in one batch', 'by followers that remember nothing'])(
    'names the one before it, and what its containers did counts once: %s',
    async (how) => {
      const log = [...first, podGone(1, 39), ...again, gapSeen(50, 55)];
      for (const each of how === 'in one batch' ? [log] : log.map((one) => [one])) {
        await ledger.append(each);
        await ledger.project();
      }

      expect(
        await ledger.rows(
          "SELECT doc->'mirrorBefore' AS before FROM happening WHERE type = 'PodFirstObserved' ORDER BY position",
        ),
      ).toEqual([{ before: null }, { before: { podUid: uid(1), position: 1 } }]);
      expect(await findings(1)).toEqual([]);
      expect(await findings(2)).toEqual(['mirrorRecreated', 'mirrorSucceeded']);
      expect(await ended()).toEqual([
        { container: '', ended: 1 },
        { container: 'migrate', ended: 1 },
      ]);
      const told = await foldPod(ledger.reader, ledger.pool, {
        shardId: ledger.shardId,
        podUid: uid(2),
        upTo: log.length - 1,
      });
      expect(told?.account(Date.parse(time(60))).findings.at(-1)).toMatchObject({
        kind: 'mirrorSucceeded',
        summary: `Before this mirror of its static pod there was another: pod ${uid(1)}`,
        evidence: [1, 5],
      });
    },
  );

  it('over containers that nobody saw before counts for them', async () => {
    await ledger.append([namespaceSeen(0), ...again]);
    await ledger.project();
    expect(await findings(2)).toEqual(['mirrorRecreated']);
    expect(await ended()).toMatchObject([{ container: '' }, { container: 'migrate', ended: 1 }]);
  });

  it('after which the static pod begins anew counts for that', async () => {
    await ledger.append([...first, podGone(1, 39), mirror(2, 40), initRuns(2, 41), initEnds(2, 41, 44)]);
    await ledger.project();
    expect(await findings(2)).toEqual(['mirrorSucceeded']);
    // Without an owner each mirror is a workload of its own.
    expect(await ended()).toEqual(['', '', 'migrate', 'migrate'].map((container) => ({ container, ended: 1 })));
  });
});

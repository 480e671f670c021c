import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foldPod } from '../answering/fold-pod.js';
import {
  eventSeen,
  gapSeen,
  goodStart,
  Ledger,
  listSeen,
  namespaceSeen,
  newPod,
  time,
  uid,
  type Seen,
} from '../testing/index.js';

/** Events of a pod that ran and was killed; the pod's resourceVersion was then `version`. */
const eventsOf = (pod: number, at: number, version = '100'): readonly Seen[] => {
  const said = (reason: string, seconds: number, fieldPath?: string) =>
    eventSeen(uid(pod), seconds, {
      name: `api-${pod}.${reason}`,
      reason,
      message: reason,
      source: { component: 'kubelet', host: 'node-a' },
      involvedObject: {
        kind: 'Pod',
        namespace: 'shop',
        name: `api-${pod}`,
        uid: uid(pod),
        resourceVersion: version,
        ...(fieldPath ? { fieldPath } : {}),
      },
    });
  return [said('Started', at, 'spec.initContainers{migrate}'), said('Killing', at + 3, 'spec.containers{app}')];
};

describe('a pod that only Events told of', () => {
  let ledger: Ledger;

  beforeEach(async () => {
    ledger = await Ledger.open();
  });

  afterEach(() => ledger.close());

  const inForce = (): Promise<object[]> =>
    ledger.rows(
      `SELECT name, namespace_uid, cycle, state, outcome, node, containers, created_at, contribution, valid_from
       FROM pod_init WHERE valid_to IS NULL ORDER BY pod_uid`,
    );
  const ghost = (pod: number, from: number) => ({
    name: `api-${pod}`,
    namespace_uid: uid(800),
    cycle: 0,
    state: 'unknown',
    outcome: 'unknown',
    node: 'node-a',
    containers: ['migrate'],
    created_at: null,
    contribution: null,
    valid_from: from,
  });

  it('is told by the next complete list, found again by a follower that remembers nothing, and counts for nothing', async () => {
    await ledger.append([namespaceSeen(0), listSeen(1, '50'), ...eventsOf(1, 10)]);
    await ledger.project();
    expect(await inForce()).toEqual([]);
    expect(await ledger.rows('SELECT kind, key, pod_uid FROM pod_context')).toEqual([
      { kind: 'unresolved', key: 'shop', pod_uid: uid(1) },
    ]);

    await ledger.append([gapSeen(5, 20), listSeen(20, '200')]);
    await ledger.project();

    expect(await inForce()).toEqual([ghost(1, 5)]);
    expect(await ledger.rows('SELECT * FROM pod_context')).toEqual([]);
    expect(await ledger.rows('SELECT * FROM workload_stats')).toEqual([]);
    const told = await foldPod(ledger.reader, ledger.pool, { shardId: ledger.shardId, podUid: uid(1), upTo: 5 });
    expect(told?.account(Date.parse(time(30)))).toMatchObject({
      state: 'unknown',
      findings: [{ kind: 'seenOnlyInEvents', evidence: [2, 3] }],
      gaps: [{ resource: 'pods', from: time(5), to: time(20), reason: 'expired' }],
    });
    expect(told?.happened.at(-1)).toMatchObject({ position: 5, happenings: [{ type: 'PodKnownFromEvents' }] });
    expect(
      await foldPod(ledger.reader, ledger.pool, { shardId: ledger.shardId, podUid: uid(1), upTo: 4 }),
    ).toBeUndefined();
  });

  it('that had gone before the recorder came is told at once by an Event that comes after the list', async () => {
    await ledger.append([namespaceSeen(0), listSeen(1, '200'), ...eventsOf(1, 10)]);
    await ledger.project();
    expect(await inForce()).toEqual([ghost(1, 2)].map((row) => ({ ...row, valid_from: 3 })));
  });

  it('is none, when its frame comes after its Event', async () => {
    await ledger.append([
      namespaceSeen(0),
      listSeen(1, '50'),
      ...eventsOf(1, 10),
      ...goodStart(1, 11, 3),
      listSeen(20, '200'),
    ]);
    await ledger.project();
    expect(await inForce()).toMatchObject([{ name: 'api-1', state: 'initialized', cycle: 1 }]);
    expect(await ledger.rows("SELECT * FROM happening WHERE type = 'PodKnownFromEvents'")).toEqual([]);
  });

  it('is taken back, when a frame shows it after all', async () => {
    await ledger.append([namespaceSeen(0), ...eventsOf(1, 10), listSeen(20, '200')]);
    await ledger.project();
    await ledger.append([newPod(1, 25)]);
    await ledger.project();
    expect(await inForce()).toMatchObject([{ name: 'api-1', state: 'initializing', cycle: 1, valid_from: 4 }]);
    const [first] = await ledger.rows<{ supersedes: string }>(
      "SELECT doc->>'supersedes' AS supersedes FROM happening WHERE type = 'PodFirstObserved'",
    );
    expect(
      await ledger.rows("SELECT happening_id::text AS supersedes FROM happening WHERE type = 'PodKnownFromEvents'"),
    ).toEqual([first]);
  });

  it('is not told by a list of another resource', async () => {
    await ledger.append([namespaceSeen(0), ...eventsOf(1, 10), listSeen(20, '200', 'events')]);
    await ledger.project();
    expect(await inForce()).toEqual([]);
  });

  it('is told in rows that are built anew to the same bytes', async () => {
    const all = [
      namespaceSeen(0),
      ...eventsOf(1, 3),
      ...eventsOf(2, 10),
      listSeen(20, '200'),
      ...eventsOf(3, 30),
      newPod(2, 40),
      ...eventsOf(4, 50, '300'),
      listSeen(60, '400'),
    ];
    for (const each of all) {
      await ledger.append([each]);
      await ledger.project();
    }
    const kept = await ledger.readModels();
    await ledger.takeOver({ rules: '99' });
    expect(await ledger.readModels()).toEqual(kept);
    expect((await inForce()).map((row) => 'name' in row && row.name)).toEqual(['api-1', 'api-2', 'api-3', 'api-4']);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordings, runs } from '../../../../test/recordings/reader.js';
import { ours, type Derivation } from '../pod-inits/pod-fold.js';
import { Ledger, eventSeen, goodStart, newPod, podSeen, seenIn, seenOfCluster, time, uid } from '../testing/index.js';
import { rederive, type PodReread } from './rederive.js';
import type { Chosen } from './stored-reading.js';

describe('rederive', () => {
  let ledger: Ledger;

  const reread = async (chosen: Chosen = {}, rules?: Derivation): Promise<PodReread[]> => {
    const pods: PodReread[] = [];
    for await (const pod of rederive(ledger.pools.api, chosen, rules)) pods.push(pod);
    return pods;
  };
  const differing = (pods: readonly PodReread[]) =>
    pods.filter((pod) => pod.differences.length > 0 || pod.error !== null);

  /** Rules that call every end of a pod's newest cycle by another category. */
  const others: Derivation = {
    ...ours,
    RULES: '99',
    podAccount: (...of) => {
      const account = ours.podAccount(...of);
      return { ...account, category: account.state === 'initialized' ? account.category : 'UNKNOWN' };
    },
  };

  beforeEach(async () => {
    ledger = await Ledger.open();
  });

  afterEach(() => ledger.close());

  it('tells nothing of recorded pods that are read by the rules in force', { timeout: 180_000 }, async () => {
    const seen = [
      ...runs('1.33').flatMap((run) => seenOfCluster('1.33', run)),
      ...recordings()
        .filter(({ kubelet }) => kubelet === '1.33')
        .flatMap(seenIn),
    ].toSorted((a, b) => Date.parse(a.observation.receivedAt) - Date.parse(b.observation.receivedAt));
    await ledger.append(seen, 20);
    await ledger.project();
    const kept = await ledger.readModels();

    const pods = await reread();

    expect(differing(pods).slice(0, 2)).toEqual([]);
    expect(pods.length).toBeGreaterThan(20);
    expect(await ledger.readModels()).toEqual(kept);
  });

  it('tells of each pod which field differs, from what to what', async () => {
    await ledger.append([...goodStart(1, 10, 7), newPod(2, 20)]);
    await ledger.project();

    expect(differing(await reread({}, others))).toEqual([
      {
        shardId: ledger.shardId,
        uid: uid(2),
        namespace: 'shop',
        name: 'api-2',
        rules: { from: ours.RULES, to: '99' },
        differences: [{ path: 'category', from: 'PENDING', to: 'UNKNOWN' }],
        error: null,
      },
    ]);
  });

  it('tells of happenings that the other rules tell otherwise, or not at all', async () => {
    await ledger.append(goodStart(1, 10, 7));
    await ledger.project();
    const silent: Derivation = {
      ...ours,
      advance: (...of) => {
        const { history, happenings } = ours.advance(...of);
        return { history, happenings: happenings.filter(({ type }) => type !== 'InitContainerStarted') };
      },
    };

    const [pod] = await reread({}, silent);

    expect(pod?.differences.map(({ path, to }) => [path.replace(/ [^ ]+$/, ''), to])).toEqual([
      ['happenings.1 InitContainerStarted', null],
    ]);
  });

  it('reads the pods that it is asked for', async () => {
    await ledger.append([newPod(1, 10), newPod(2, 20), newPod(3, 30)]);
    await ledger.append([eventSeen(uid(4), 40, { reason: 'FailedScheduling' })]);
    await ledger.project();
    const names = async (chosen: Chosen) => (await reread(chosen)).map((pod) => pod.name ?? pod.uid);

    expect(await names({})).toEqual(['api-1', 'api-2', 'api-3', uid(4)]);
    expect(await names({ pods: [uid(2), uid(9)] })).toEqual(['api-2']);
    expect(await names({ namespaces: ['elsewhere'] })).toEqual([]);
    expect(await names({ namespaces: ['shop'], since: time(20) })).toEqual(['api-2', 'api-3', uid(4)]);
  });

  it('reads on past what cannot be read, and says so', async () => {
    const { streamId, observation } = podSeen(2, 12, {});
    await ledger.append([
      newPod(1, 10),
      newPod(2, 11),
      { streamId, observation: { ...observation, parts: 7 } as never },
    ]);
    await ledger.project();
    const clumsy: Derivation = {
      ...others,
      advance: (history, recorded, context) => {
        if (recorded.observation.type === 'PodObserved' && recorded.position === 0) throw new Error('not today');
        return ours.advance(history, recorded, context);
      },
    };

    expect((await reread({}, clumsy)).map(({ name, error }) => [name, error?.split('\n')[0]])).toEqual([
      ['api-1', 'Error: not today'],
      ['api-2', 'an observation of it cannot be read'],
    ]);
  });

  it('reads more pods than it holds at a time, each once', async () => {
    const many = Array.from({ length: 230 }, (_, nth) => newPod(nth + 1, 10));
    await ledger.append(many, 50);
    await ledger.project();

    const pods = await reread({}, others);

    expect(new Set(pods.map((pod) => pod.uid)).size).toBe(230);
    expect([pods.length, differing(pods).length]).toEqual([230, 230]);
  });
});

/** Pods that no frame showed, told from their Events: born and died in a gap, or before anybody looked. */
import { describe, expect, it } from 'vitest';
import { isTold, isUnresolved, noContext, podAccount, type Context, type KubeEvent } from '../index.js';
import type { Happening } from '../happenings.js';
import { nothingKnown, type PodHistory } from '../history.js';
import { allOf, frame, frameEpoch, frameUid, happeningsOf, second, Watched } from '../testing/index.js';
import { notAfter } from '../resource-version.js';

const at = (seconds: number): string => new Date(frameEpoch + seconds * 1000 + 500).toISOString();
const look = (seconds: number) =>
  ({ reducer: 1, via: 'watch', resourceVersion: null, receivedAt: at(seconds), writes: [] }) as const;

/** An Event about the pod as it was at `version`. */
const event = (reason: string, seconds: number, version: string, more: Partial<KubeEvent> = {}): KubeEvent => ({
  uid: `${reason}-${seconds}`,
  name: `p.${reason}-${seconds}`,
  namespace: 'n',
  reason,
  type: 'Normal',
  count: 1,
  firstTimestamp: second(seconds),
  lastTimestamp: second(seconds),
  source: { component: 'kubelet', host: 'node-a' },
  ...more,
  involvedObject: {
    kind: 'Pod',
    namespace: 'n',
    name: 'p',
    uid: frameUid,
    resourceVersion: version,
    ...more.involvedObject,
  },
});
const ofInit = { involvedObject: { fieldPath: 'spec.initContainers{migrate}' } };

const listed = (position: number, resourceVersion: string | null): Context => ({
  ...noContext,
  podsListed: { position, resourceVersion },
});

class Told {
  readonly watched = new Watched();

  event(seconds: number, said: KubeEvent): this {
    this.watched.event(frameUid, said, at(seconds));
    return this;
  }

  list(seconds: number, resourceVersion: string | null): this {
    this.watched.context = listed(0, resourceVersion);
    this.watched.fold(frameUid, {
      ...look(seconds),
      type: 'WatchOpened',
      resourceVersion,
      resource: 'pods',
      namespace: null,
      count: 0,
      watchEpoch: 0,
      serverVersion: null,
    });
    return this;
  }

  get history(): PodHistory {
    return this.watched.pods.get(frameUid) ?? nothingKnown;
  }

  get inferred(): readonly Happening[] {
    return allOf(this.watched, 'PodKnownFromEvents');
  }
}

const life = (): Told =>
  new Told()
    .event(
      1,
      event('Scheduled', 1, '99', {
        message: 'Successfully assigned n/p to node-b',
        source: { component: 'default-scheduler' },
      }),
    )
    .event(2, event('Pulled', 2, '101', ofInit))
    .event(3, event('Started', 3, '101', ofInit))
    .event(4, event('Killing', 4, '130', { involvedObject: { fieldPath: 'spec.containers{app}' } }));

describe('a pod of which there are Events alone', () => {
  it('is not told while a frame may still show it', () => {
    const told = life();
    expect(told.inferred).toEqual([]);
    expect(isTold(told.history)).toBe(false);
    expect(isUnresolved(told.history)).toBe(true);
  });

  it('is told once a list that is as new does not have it, with what the Events prove', () => {
    const told = life().list(10, '200');
    expect(told.inferred).toMatchObject([
      {
        basis: 'inferred',
        rule: 'absent-from-list',
        cycle: 0,
        uid: frameUid,
        namespace: 'n',
        name: 'p',
        node: 'node-b',
        initContainers: ['migrate'],
        evidence: [0, 1, 2, 3, 4],
        proven: [
          { deed: 'scheduled', container: null, at: second(1), position: 0 },
          { deed: 'pulled', container: 'migrate', init: true, at: second(2), position: 1 },
          { deed: 'started', container: 'migrate', init: true, at: second(3), position: 2 },
          { deed: 'killed', container: 'app', init: false, at: second(4), position: 3 },
        ],
      },
    ]);
  });

  it.each([
    { list: '98', told: false, why: 'older than every Event' },
    { list: '99', told: true, why: 'as new as the first Event' },
    { list: '100', told: true, why: 'newer, with more digits' },
    { list: null, told: false, why: 'without a resourceVersion' },
    { list: 'abc', told: false, why: 'with one that cannot be compared' },
  ])('by a list $why: $told', ({ list, told }) => {
    expect(life().list(10, list).inferred).toHaveLength(told ? 1 : 0);
  });

  it('is told at once when the Event comes after the list', () => {
    const told = new Told();
    told.watched.context = listed(0, '150');
    told.event(5, event('Killing', 4, '130'));
    expect(told.inferred).toHaveLength(1);
  });

  it('is told once, whatever comes later', () => {
    const told = life()
      .list(10, '200')
      .list(20, '300')
      .event(21, event('Started', 5, '120'));
    expect(told.inferred).toHaveLength(1);
    const account = podAccount(told.history, frameEpoch, noContext);
    expect(account.findings[0]?.summary).toContain('the pod started at');
  });

  it('has no state, no time and no attempt', () => {
    const account = podAccount(life().list(10, '200').history, frameEpoch + 900_000, noContext);
    expect(account).toMatchObject({
      uid: frameUid,
      namespace: 'n',
      name: 'p',
      node: 'node-b',
      state: 'unknown',
      status: null,
      createdAt: null,
      deletedAt: null,
      cycles: [],
      workload: { kind: 'Pod', name: 'p', resolved: false },
    });
    expect([account.duration, account.sinceCreation, account.sinceScheduled, account.toAppStarted]).toEqual(
      Array.from({ length: 4 }, () => ({ seconds: null, lo: null, hi: null, certainty: 'unknown' })),
    );
    expect(account.findings).toEqual([
      {
        kind: 'seenOnlyInEvents',
        summary: `No frame showed this pod: it came and went unseen. Its Events prove: the pod scheduled at ${second(1)}, migrate pulled at ${second(2)}, migrate started at ${second(3)}, app killed at ${second(4)}`,
        container: null,
        confidence: 'strong',
        evidence: [0, 1, 2, 3],
        at: second(1),
      },
    ]);
  });

  it('names the gap that its Events fall into', () => {
    const gap = { position: 5, resource: 'pods', from: second(0), to: second(9), cause: 'expired' } as const;
    const account = podAccount(life().list(10, '200').history, frameEpoch, { ...noContext, gaps: [gap] });
    expect(account.gaps).toEqual([{ resource: 'pods', from: second(0), to: second(9), reason: 'expired' }]);
  });

  it('that a frame shows after all is that pod, which supersedes what was told', () => {
    const told = life().list(10, '200');
    told.watched.look({ pod: frame({}), receivedAt: at(12) });
    const first = happeningsOf(told.watched).find(({ type }) => type === 'PodFirstObserved');
    expect(first?.supersedes).toBe(told.inferred[0]?.id);
    const account = podAccount(told.history, frameEpoch, noContext);
    expect(account.findings).toEqual([]);
    expect(account.state).toBe('initializing');
    expect(told.list(20, '900').inferred).toHaveLength(1);
  });

  it('whose first frame comes right after its Event was never a ghost', () => {
    const told = new Told();
    told.watched.context = listed(0, '50');
    told.event(1, event('Scheduled', 1, '60'));
    told.watched.look({ pod: frame({}), receivedAt: at(1) });
    told.list(10, '200');
    expect(told.inferred).toEqual([]);
    expect(told.history.unseen).toBeNull();
  });

  it('cannot be told without the name of the pod', () => {
    const nameless = { ...event('Killing', 1, '1'), involvedObject: {} };
    expect(new Told().event(1, nameless).list(2, '9').inferred).toEqual([]);
  });
});

describe('notAfter', () => {
  it.each([
    ['9', '10', true],
    ['10', '9', false],
    ['10', '10', true],
    ['123456789012345678901', '123456789012345678902', true],
    ['123456789012345678902', '123456789012345678901', false],
    ['01', '2', false],
    [null, '2', false],
    ['1', null, false],
    ['x', 'y', false],
  ])('%s and %s: %s', (one, other, holds) => {
    expect(notAfter(one, other)).toBe(holds);
  });
});

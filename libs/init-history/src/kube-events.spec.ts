import { describe, expect, it } from 'vitest';
import { containerOfEvent, countOf, occurredAt } from './kube-events.js';
import type { KubeEvent } from './observations.js';
import { Watched } from './testing/index.js';

const event = (words: Partial<KubeEvent>): KubeEvent => ({
  uid: 'e',
  name: 'e',
  namespace: 'n',
  involvedObject: { fieldPath: 'spec.initContainers{fetch}' },
  ...words,
});

describe('the container of an Event', () => {
  it('is named by fieldPath, a sidecar among the init containers', () => {
    expect(containerOfEvent(event({ message: 'Container created' }))).toEqual({ name: 'fetch', init: true });
  });

  it('is none for an Event of the pod', () => {
    expect(containerOfEvent(event({ involvedObject: {}, message: 'Scheduled' }))).toBeNull();
  });

  it('is that of the message when the Event was combined, for then fieldPath is the first one’s', () => {
    const message = '(combined from similar events): Back-off restarting failed container step-12 in pod p_n(u)';
    expect(containerOfEvent(event({ reason: 'BackOff', message }))?.name).toBe('step-12');
  });

  it('is unknown when the Event was combined and its message names none', () => {
    const message = '(combined from similar events): Container created';
    expect(containerOfEvent(event({ reason: 'Created', message }))).toBeNull();
  });
});

describe('when and how often an Event occurred', () => {
  it('is told by the new recorder’s series before anything else', () => {
    const series = { count: 3, lastObservedTime: '2026-11-21T08:00:03.000001Z' };
    const one = event({ series, count: 1, lastTimestamp: '2026-11-21T08:00:00Z' });
    expect(occurredAt(one)).toEqual({ at: series.lastObservedTime, source: 'series.lastObservedTime' });
    expect(countOf(one)).toBe(3);
  });

  it('falls back to what the emitter filled in', () => {
    expect(
      occurredAt(event({ eventTime: '2026-11-21T08:00:01.5Z', creationTimestamp: '2026-11-21T08:00:02Z' })).source,
    ).toBe('eventTime');
    expect(occurredAt(event({ creationTimestamp: '2026-11-21T08:00:02Z' })).source).toBe('metadata.creationTimestamp');
    expect(occurredAt(event({}))).toEqual({ at: null, source: 'none' });
  });
});

describe('Events of one pod', () => {
  const uid = '11111111-2222-4333-8444-555555555555';
  const told = (...events: readonly Partial<KubeEvent>[]) => {
    const watched = new Watched();
    for (const one of events) watched.event(uid, event({ reason: 'BackOff', ...one }), '2026-11-21T08:00:00.000Z');
    return (watched.happenings.get(uid) ?? []).map((one) =>
      one.type === 'ClusterEventRecorded' ? [one.count, one.delta, one.at] : [],
    );
  };
  const at = (second: string): string => `2026-11-21T08:00:${second}Z`;

  it('are counted for the newest 256 of them, whatever a pod goes through in a year', () => {
    const watched = new Watched();
    for (let i = 0; i < 300; i++) {
      watched.event(uid, event({ uid: `u${i}`, name: `e${i}`, reason: 'BackOff' }), '2026-11-21T08:00:00.000Z');
    }
    const names = Object.keys(watched.pods.get(uid)?.eventCounts ?? {});
    expect([names.length, names[0], names.at(-1)]).toEqual([256, 'e44', 'e299']);
  });

  it('tell what came since they were seen before, and nothing when it is the same', () => {
    expect(
      told(
        { count: 1, lastTimestamp: at('01') },
        { count: 1, lastTimestamp: at('01') },
        { count: 4, lastTimestamp: at('09') },
      ),
    ).toEqual([
      [1, 1, at('01')],
      [4, 3, at('09')],
    ]);
  });

  it('go on with their count when one that had expired is made again (semantics 4.5)', () => {
    expect(
      told({ uid: 'first', count: 56, lastTimestamp: at('01') }, { uid: 'again', count: 57, lastTimestamp: at('50') }),
    ).toEqual([
      [56, 56, at('01')],
      [57, 1, at('50')],
    ]);
  });

  it('begin anew when one that had expired is made again by who had forgotten it', () => {
    const first = { uid: 'first', count: 56, lastTimestamp: at('01') };
    const again = { uid: 'again', count: 1, lastTimestamp: at('50') };
    expect(told(first, again, again, { ...again, count: 3, lastTimestamp: at('55') })).toEqual([
      [56, 56, at('01')],
      [1, 1, at('50')],
      [3, 2, at('55')],
    ]);
  });

  it('begin anew, too, where they had occurred as often', () => {
    const first = { uid: 'first', count: 2, lastTimestamp: at('01') };
    expect(told(first, { uid: 'again', count: 2, lastTimestamp: at('50') })).toEqual([
      [2, 2, at('01')],
      [2, 2, at('50')],
    ]);
  });

  it('do not begin anew with an older object that a list shows again', () => {
    const first = { uid: 'first', count: 3, lastTimestamp: at('01') };
    expect(told({ uid: 'again', count: 4, lastTimestamp: at('50') }, first)).toEqual([[4, 4, at('50')]]);
  });

  it('begin again with another name when the kubelet was restarted (semantics 1.5 no. 7)', () => {
    const [, second] = told({ name: 'p.1', uid: 'a', count: 3 }, { name: 'p.2', uid: 'b', count: 1 });
    expect(second).toEqual([1, 1, null]);
  });

  it('of the new recorder count by their series, to the microsecond', () => {
    const series = (count: number, second: string) => ({
      count,
      lastObservedTime: `2026-11-21T08:00:${second}.000001Z`,
    });
    expect(
      told({ eventTime: '2026-11-21T08:00:01.5Z' }, { series: series(2, '07') }, { series: series(9, '40') }).map(
        ([count, delta]) => [count, delta],
      ),
    ).toEqual([
      [1, 1],
      [2, 1],
      [9, 7],
    ]);
  });
});

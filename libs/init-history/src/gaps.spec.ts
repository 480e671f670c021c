import { describe, expect, it } from 'vitest';
import type { GapContext } from './context.js';
import { gapsTouching, noContext } from './index.js';
import {
  frame,
  frameEpoch,
  frameUid,
  happeningsOf,
  passed,
  running,
  second,
  Watched,
  type LookAt,
} from './testing/index.js';

const gap = (position: number, from: string, to: string, resource = 'pods'): GapContext => ({
  position,
  resource,
  from,
  to,
  cause: 'expired',
});

describe('gapsTouching', () => {
  const gaps = [
    gap(1, second(10), second(20)),
    gap(2, second(30), second(40)),
    gap(3, second(30), second(40), 'events'),
  ];

  it.each([
    { span: 'before all', from: second(0), to: second(8), touched: [] },
    { span: 'up to the second in which a gap begins, cut', from: second(0), to: second(9), touched: [] },
    { span: 'into a gap', from: second(0), to: second(10), touched: [1] },
    { span: 'within a gap', from: second(12), to: second(13), touched: [1] },
    { span: 'out of a gap', from: second(20), to: second(25), touched: [1] },
    { span: 'between two', from: second(21), to: second(28), touched: [] },
    { span: 'over both', from: second(5), to: second(50), touched: [1, 2] },
    { span: 'from the beginning', from: null, to: second(15), touched: [1] },
    { span: 'that goes on', from: second(25), to: null, touched: [2] },
    { span: 'that goes on, after all', from: second(41), to: null, touched: [] },
  ])('names the gaps that a span touches: $span', ({ from, to, touched }) => {
    expect(gapsTouching(gaps, from, to).map(({ position }) => position)).toEqual(touched);
  });

  it('takes a stamp of whole seconds for up to a second later', () => {
    const early = [gap(1, '2026-11-21T08:00:10.500Z', second(20))];
    expect(gapsTouching(early, second(0), second(10))).toEqual(early);
    expect(gapsTouching(early, second(0), '2026-11-21T08:00:10.400Z')).toEqual([]);
  });

  it('looks at the resource in question alone', () => {
    expect(gapsTouching(gaps, second(35), null, 'events').map(({ position }) => position)).toEqual([3]);
  });
});

describe('what was learnt after a gap', () => {
  const at = (seconds: number): string => new Date(frameEpoch + seconds * 1000 + 500).toISOString();
  const look = (seconds: number, via: LookAt['via'], told: Parameters<typeof frame>[0]): LookAt => ({
    pod: frame(told),
    receivedAt: at(seconds),
    ...(via ? { via } : {}),
  });
  const lost = {
    ...noContext,
    gaps: [gap(3, second(2), second(9)), gap(4, second(2), second(9), 'events')],
  };
  const gapsOf = (watched: Watched): readonly (readonly [string, number | null])[] =>
    happeningsOf(watched).map(({ type, gap: after }) => [type, after]);

  it('names the newest gap of its own resource, when it came with the list that ended it', () => {
    const watched = new Watched();
    watched.look(look(1, 'watch', {}));
    watched.happenings.clear();
    watched.context = lost;
    watched.look(look(10, 'relist', passed));
    expect(new Set(gapsOf(watched).map(([, after]) => after))).toEqual(new Set([3]));
    expect(gapsOf(watched).map(([type]) => type)).toContain('InitializationCompleted');
  });

  it('names none, when it was seen live, be it long after', () => {
    const watched = new Watched(lost);
    watched.look(look(10, 'relist', {}));
    watched.happenings.clear();
    watched.look(look(12, 'watch', { a: running('a0', 11) }));
    expect(gapsOf(watched)).toContainEqual(['InitContainerStarted', null]);
    expect(new Set(gapsOf(watched).map(([, after]) => after))).toEqual(new Set([null]));
  });

  it('is told of an Event by the gap of the Events', () => {
    const watched = new Watched(lost);
    watched.look(look(1, 'watch', {}));
    watched.happenings.clear();
    const event = { uid: 'e1', name: 'e', namespace: 'n', involvedObject: { uid: frameUid }, reason: 'Pulled' };
    const seen = { reducer: 1, resourceVersion: null, receivedAt: at(10), writes: [] };
    watched.fold(frameUid, { ...seen, via: 'relist', type: 'KubeEventObserved', event });
    expect(gapsOf(watched)).toEqual([['ClusterEventRecorded', 4]]);
  });

  it('is the gap itself, of the gap', () => {
    const watched = new Watched(lost);
    watched.look(look(1, 'watch', {}));
    watched.happenings.clear();
    watched.fold(frameUid, {
      reducer: 1,
      via: 'relist',
      resourceVersion: null,
      receivedAt: at(9),
      writes: [],
      type: 'ObservationGap',
      resource: 'pods',
      namespace: null,
      from: second(2),
      to: second(9),
      fromResourceVersion: '1',
      toResourceVersion: '2',
      cause: 'expired',
    });
    expect(gapsOf(watched)).toEqual([['ObservationGap', 1]]);
  });
});

import { describe, expect, it } from 'vitest';
import { Masking, observe, reducePod } from '../../libs/recording/src/reducing/index.js';
import type { Known } from '../../libs/recording/src/reducing/reduced.js';
import { Account } from './account.js';
import { judgeStore } from './judge-store.js';
import type { Observed } from './log.js';

const key = Buffer.alloc(32, 7);
const masking = new Masking({ key, commands: 'masked' });
const uid = '00000000-0000-4000-8000-000000000001';
const secondsAfter = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

type Phase = 'Pending' | 'Running' | 'Succeeded';
const pod = (resourceVersion: number, phase: Phase) => ({
  metadata: { name: 'web', namespace: 'shop', uid, resourceVersion: String(resourceVersion) },
  spec: { containers: [{ name: 'app', image: 'app:1' }] },
  status: { phase },
});

/** A pod that came, ran, succeeded and went, second by second. */
const writes = [
  { type: 'ADDED', object: pod(11, 'Pending') },
  { type: 'MODIFIED', object: pod(12, 'Running') },
  { type: 'MODIFIED', object: pod(13, 'Succeeded') },
  { type: 'DELETED', object: pod(14, 'Succeeded') },
] as const;

function accountOf(made: readonly (typeof writes)[number][]): Account {
  const account = new Account(key);
  made.forEach(({ type, object }, nth) =>
    account.note({ resource: 'pods', type, object, at: Date.parse(secondsAfter(nth)) }),
  );
  return account;
}
const ended = accountOf(writes);
const living = accountOf(writes.slice(0, 3));

let position = 0;
const observed = (type: string, body: Record<string, unknown>, eventId = `id-${position}`): Observed => ({
  position: position++,
  eventId,
  streamId: uid,
  type,
  recordedAt: secondsAfter(0),
  text: JSON.stringify(body),
  body,
});

const opened = (resourceVersion: number) =>
  observed('WatchOpened', { via: 'initialList', resource: 'pods', resourceVersion: String(resourceVersion) });
const gap = (from: number, to: number, seconds: readonly [number, number] = [0, 9]) =>
  observed('ObservationGap', {
    resource: 'pods',
    fromResourceVersion: String(from),
    toResourceVersion: String(to),
    from: secondsAfter(seconds[0]),
    to: secondsAfter(seconds[1]),
    cause: 'dropped',
  });
const missing = () => observed('PodGone', { via: 'relist', how: 'missing', resourceVersion: null, parts: {} });

/** What a recorder that was shown these states records. */
function recorded(shown: readonly ReturnType<typeof pod>[], via = 'watch'): Observed[] {
  let known: Known | undefined;
  return shown.map((object) => {
    const change = observe(known, reducePod(object, masking));
    known = change?.known ?? known;
    const parts = Object.fromEntries(
      [...(change?.parts ?? [])].map(([name, text]) => [name, JSON.parse(text ?? 'null')]),
    );
    return observed('PodObserved', { via, resourceVersion: object.metadata.resourceVersion, parts });
  });
}

const states = writes.slice(0, 3).map(({ object }) => object);
const gone = () => observed('PodGone', { via: 'watch', how: 'deleted', resourceVersion: '14', parts: {} });
const judged = (observations: readonly Observed[], expiries: readonly number[] = [], account = ended) =>
  judgeStore({ account, observations, until: 20, expiries, resources: ['pods'], trueClock: true }).untruths;

describe('a log', () => {
  it('is true that tells every write once, and the end', () => {
    expect(judged([opened(10), ...recorded(states), gone()])).toEqual([]);
  });

  it('is true that tells of a pod that lives', () => {
    expect(judged([opened(10), ...recorded(states)], [], living)).toEqual([]);
  });

  it('is true that tells of a gap, and what was found after it', () => {
    expect(judged([opened(10), ...recorded(states.slice(0, 1)), gap(11, 14), missing()], [13])).toEqual([]);
  });

  const untrue: Readonly<Record<string, readonly [observations: readonly Observed[], says: RegExp]>> = {
    'lacks a write': [
      [opened(10), ...recorded([states[0]!, states[2]!]), gone()],
      /MODIFIED at resourceVersion 12 is lost/,
    ],
    'lacks the end': [[opened(10), ...recorded(states)], /DELETED at resourceVersion 14 is lost/],
    'never listed': [[...recorded(states), gone()], /no list was ever complete/],
    'tells a write twice': [[opened(10), ...recorded([...states, states[2]!]), gone()], /says nothing new/],
    'tells writes in another order': [
      [opened(10), ...recorded([states[0]!, states[2]!, states[1]!]), gone()],
      /comes after resourceVersion 13/,
    ],
    'has an id twice': [
      [opened(10), ...recorded(states), gone(), observed('PodGone', {}, 'id-0')].map((one, nth, all) =>
        nth === 4 ? { ...one, eventId: all[0]!.eventId } : one,
      ),
      /an id that was there before/,
    ],
    'tells what never was': [
      [opened(10), ...recorded([...states, pod(15, 'Running')]), gone()],
      /there was no such write/,
    ],
    'tells another state': [
      [opened(10), ...recorded([states[0]!, pod(12, 'Succeeded')]), gone()],
      /told otherwise in status/,
    ],
    'finds it missing and tells of no gap': [[opened(10), ...recorded(states.slice(0, 1)), missing()], /is lost/],
    'tells of a gap without a reason': [
      [opened(10), ...recorded(states.slice(0, 1)), gap(11, 14), missing()],
      /has no reason/,
    ],
    'tells of a gap at another time': [
      [opened(10), ...recorded(states.slice(0, 1)), gap(11, 14, [90, 99]), missing()],
      /fell at .* into a gap/,
    ],
    'does not know who has gone in a gap': [
      [opened(10), ...recorded(states.slice(0, 1)), gap(11, 14)],
      /has gone, and is not told as gone/,
    ],
    forks: [[opened(10), ...recorded(states), gone(), observed('HistoryForked', {})], /that never was/],
  };
  it.each(Object.entries(untrue))('is found out that %s', (_, [observations, says]) => {
    expect(judged(observations, says.source.includes('reason') ? [] : [13]).join('\n')).toMatch(says);
  });

  it.each([
    ['does not know who lives', [opened(10)], /lives, and is not known/],
    ['tells as gone who lives', [opened(10), ...recorded(states), gone()], /lives, and is told as gone/],
    ['knows who lives as it was', [opened(10), ...recorded(states.slice(0, 2))], /in the end told otherwise in status/],
  ])('is found out that %s', (_, observations, says) => {
    expect(judged(observations, [], living).join('\n')).toMatch(says);
  });
});

import { describe, expect, it } from 'vitest';
import type { Json } from '../e2e/service.js';
import { judgePictures } from './judge-pictures.js';
import type { Observed } from './log.js';
import { Pictures } from './pictures.js';

const uid = '00000000-0000-4000-8000-000000000001';
const [start, end] = ['2026-01-01T00:00:10Z', '2026-01-01T00:00:12Z'];
const identity = { uid, name: 'web', namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' };

type State = Readonly<{ phase: string; first: Json; ready: boolean; deletion?: string }>;
const running: State = {
  phase: 'Pending',
  first: {
    name: 'first',
    image: 'first:1',
    containerID: 'c://1',
    restartCount: 0,
    ready: false,
    state: { running: { startedAt: start } },
    lastState: {},
  },
  ready: false,
};
const ended: State = {
  ...running,
  first: {
    ...running.first,
    state: { terminated: { exitCode: 3, reason: 'Error', startedAt: start, finishedAt: end, containerID: 'c://1' } },
  },
};
const again: State = {
  ...ended,
  first: {
    ...ended.first,
    restartCount: 1,
    containerID: 'c://2',
    state: { running: { startedAt: end } },
    lastState: ended.first.state,
  },
};
const ready: State = { ...again, ready: true };
const leaving: State = { ...again, deletion: '2026-01-01T00:01:00Z' };

const conditionOf = ({ ready: is }: State) => ({
  type: 'Ready',
  status: is ? 'True' : 'False',
  lastTransitionTime: start,
});
const rawOf = (revision: number, state: State): Json => ({
  metadata: {
    ...identity,
    resourceVersion: String(revision),
    ...(state.deletion && { deletionTimestamp: state.deletion, deletionGracePeriodSeconds: 30 }),
  },
  spec: { nodeName: 'node-a' },
  status: { phase: state.phase, initContainerStatuses: [state.first], conditions: [conditionOf(state)] },
});
const partsOf = (state: State): Json => ({
  metadata: identity,
  spec: { nodeName: 'node-a' },
  status: { phase: state.phase },
  'condition.Ready': conditionOf(state),
  'status.initContainer.first': state.first,
  ...(state.deletion && { deletion: { deletionTimestamp: state.deletion, deletionGracePeriodSeconds: 30 } }),
});

/** The pod as the cluster had it, from resourceVersion 11 on. */
const life = [running, ended, again, ready, leaving];
function picturesOf(states: readonly State[], isGone = true): Pictures {
  const pictures = new Pictures();
  states.forEach((state, nth) =>
    pictures.note({ resource: 'pods', type: nth === 0 ? 'ADDED' : 'MODIFIED', object: rawOf(11 + nth, state) }),
  );
  if (isGone) pictures.note({ resource: 'pods', type: 'DELETED', object: rawOf(11 + states.length, states.at(-1)!) });
  return pictures;
}

let position = 0;
const observed = (type: string, body: Record<string, unknown>): Observed => ({
  position: position++,
  eventId: `id-${position}`,
  streamId: uid,
  type,
  recordedAt: start,
  text: JSON.stringify(body),
  body,
});
const opened = observed('WatchOpened', { via: 'initialList', resource: 'pods', resourceVersion: '10' });
const seen = (revision: number, parts: Json) =>
  observed('PodObserved', { via: 'watch', resourceVersion: String(revision), parts });
const gone = (revision = 16, parts: Json = {}) =>
  observed('PodGone', { via: 'watch', resourceVersion: String(revision), parts });
const gap = (from: number, to: number) =>
  observed('ObservationGap', {
    resource: 'pods',
    fromResourceVersion: String(from),
    toResourceVersion: String(to),
    from: start,
    to: end,
  });
const told = life.map((state, nth) => seen(11 + nth, partsOf(state)));
const without = (nth: number) => told.filter((_, at) => at !== nth);

const judged = (observations: readonly Observed[], pictures = picturesOf(life)) =>
  judgePictures({ pictures, observations, until: 20, resources: ['pods'] });

describe('a log beside pictures', () => {
  it('is true that shows what each of them shows', () => {
    expect(judged([opened, ...told, gone()])).toEqual({ untruths: [], compared: { pictures: 6 } });
  });

  it('shows nothing of an end that was found by a list, of whatever kind', () => {
    const pictures = new Pictures();
    const metadata = { uid, name: 'shop' };
    const note = (type: 'ADDED' | 'DELETED', revision: number) =>
      pictures.note({
        resource: 'namespaces',
        type,
        object: { metadata: { ...metadata, resourceVersion: `${revision}` } },
      });
    note('ADDED', 11);
    note('DELETED', 12);
    const there = { via: 'watch', resourceVersion: '11', gone: false, parts: { metadata } };
    const observations = (via: string) => [
      observed('WatchOpened', { via: 'initialList', resource: 'namespaces', resourceVersion: '10' }),
      observed('NamespaceObserved', there),
      observed('NamespaceObserved', { via, resourceVersion: '19', gone: true, parts: {} }),
      observed('ObservationGap', { ...gap(11, 19).body, resource: 'namespaces' }),
    ];
    const untruths = (via: string) =>
      judgePictures({ pictures, observations: observations(via), until: 20, resources: ['namespaces'] }).untruths;

    expect(untruths('relist')).toEqual([]);
    expect(untruths('watch').join()).toMatch(/resourceVersion 19\): no picture shows it/);
  });

  it('is true that tells parts alone, that holds a probe back, and that missed something in a gap', () => {
    const changed = seen(12, { 'status.initContainer.first': ended.first });
    const unready = seen(15, { ...partsOf(leaving), 'condition.Ready': conditionOf(leaving) });

    expect(judged([opened, told[0]!, changed, told[2]!, unready, gone()]).untruths).toEqual([]);
    expect(judged([opened, told[0]!, gap(11, 13), told[3]!, told[4]!, gone()]).untruths).toEqual([]);
  });

  it('is true that tells of a part that went', () => {
    const pictures = new Pictures();
    const object = rawOf(12, running);
    const { status } = object;
    const moved = { ...object, metadata: { ...object.metadata, resourceVersion: '11' } };
    const conditions = [...status.conditions, { type: 'Moved', status: 'True' }];
    pictures.note({ resource: 'pods', type: 'ADDED', object: { ...moved, status: { ...status, conditions } } });
    pictures.note({ resource: 'pods', type: 'MODIFIED', object });
    const first = seen(11, { ...partsOf(running), 'condition.Moved': { type: 'Moved', status: 'True' } });

    expect(judged([opened, first, seen(12, { 'condition.Moved': null })], pictures).untruths).toEqual([]);
    expect(judged([opened, first, seen(12, {})], pictures).untruths.join()).toMatch(/condition.Moved is nothing/);
  });

  it('is true that tells nothing of conditions that only came in another order', () => {
    const conditions = ['PodScheduled', 'Initialized'].map((type) => ({ type, status: 'True' }));
    const pictures = new Pictures();
    for (const [nth, inOrder] of [conditions, conditions.toReversed()].entries()) {
      const object = rawOf(11 + nth, running);
      const status = { ...object.status, conditions: inOrder };
      pictures.note({ resource: 'pods', type: nth === 0 ? 'ADDED' : 'MODIFIED', object: { ...object, status } });
    }
    const { 'condition.Ready': _, ...parts } = partsOf(running);
    const first = seen(11, {
      ...parts,
      ...Object.fromEntries(conditions.map((one) => [`condition.${one.type}`, one])),
    });

    expect(judged([opened, first], pictures).untruths).toEqual([]);
  });

  it('is of pods and of Events alike', () => {
    const event = {
      involvedObject: { kind: 'Pod', uid },
      reason: 'BackOff',
      type: 'Warning',
      count: 3,
      lastTimestamp: end,
    };
    const pictures = new Pictures();
    const named = { name: 'web.1', namespace: 'shop', uid: 'event-1' };
    pictures.note({
      resource: 'events',
      type: 'ADDED',
      object: { ...event, metadata: { ...named, resourceVersion: '12' } },
    });
    const tells = (more: Json) =>
      judgePictures({
        pictures,
        observations: [
          observed('WatchOpened', { via: 'initialList', resource: 'events', resourceVersion: '10' }),
          observed('KubeEventObserved', { resourceVersion: '12', event: { ...event, ...named, ...more } }),
        ],
        until: 20,
        resources: ['events'],
      }).untruths.join();

    expect(tells({})).toBe('');
    expect(tells({ count: 2 })).toMatch(/count is 3, told as 2/);
    expect(tells({ reason: 'Pulled' })).toMatch(/reason is "BackOff", told as "Pulled"/);
  });

  const first = (more: Json): Json => ({ 'status.initContainer.first': { ...again.first, ...more } });
  const told13 = (parts: Json) => [
    opened,
    ...told.slice(0, 2),
    seen(13, { ...partsOf(again), ...parts }),
    ...told.slice(3),
    gone(),
  ];
  const untrue: Readonly<Record<string, readonly [observations: readonly Observed[], says: RegExp]>> = {
    'tells another phase': [told13({ status: { phase: 'Running' } }), /phase is "Pending", told as "Running"/],
    'tells another name': [told13({ metadata: { ...identity, name: 'api' } }), /name is "web", told as "api"/],
    'tells other restarts': [told13(first({ restartCount: 0 })), /initContainer.first is .*"restarts":1/],
    'tells another container': [told13(first({ containerID: 'c://1' })), /initContainer.first is .*"id":"c:\/\/2"/],
    'tells another exit code': [
      told13(first({ lastState: { terminated: { ...ended.first.state.terminated, exitCode: 0 } } })),
      /"exitCode":3.* told as .*"exitCode":0/,
    ],
    'tells another time': [
      told13(first({ state: { running: { startedAt: start } } })),
      /initContainer.first is .*"running":"2026-01-01T00:00:12Z"/,
    ],
    'tells another condition': [
      told13({ 'condition.Ready': { ...conditionOf(again), status: 'True' } }),
      /condition.Ready is .*"False".*"True"/,
    ],
    'keeps a part that went': [
      told13({ 'condition.Stale': { type: 'Stale', status: 'True' } }),
      /condition.Stale is nothing/,
    ],
    'does not tell of the deletion': [
      [opened, ...told.slice(0, 4), gone()],
      /MODIFIED at resourceVersion 15 shows more than is told/,
    ],
    'tells of no end': [[opened, ...told], /DELETED at resourceVersion 16 shows more than is told/],
    'lacks an attempt': [[opened, ...without(1), gone()], /MODIFIED at resourceVersion 12 shows more than is told/],
    'lacks a beginning': [[opened, ...without(0), gone()], /ADDED at resourceVersion 11 shows more than is told/],
    'tells an end twice': [
      [opened, ...told, gone(), gone(16, partsOf(leaving))],
      /resourceVersion 16\): is told twice/,
    ],
    'tells what never was': [[opened, ...told, seen(17, partsOf(again)), gone()], /no picture shows it/],
  };
  it.each(Object.entries(untrue))('is found out that %s', (_, [observations, says]) => {
    expect(judged(observations).untruths.join('\n')).toMatch(says);
  });

  it('is found out that lacks a change in which only a probe did not move', () => {
    const restarted = { ...ready, first: { ...ready.first, restartCount: 2 } };

    expect(judged([opened, told[0]!], picturesOf([running, restarted], false)).untruths.join()).toMatch(
      /MODIFIED at resourceVersion 12 shows more/,
    );
  });
});

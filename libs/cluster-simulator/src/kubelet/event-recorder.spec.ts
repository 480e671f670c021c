import { expect, test } from 'vitest';
import { ManualClock } from '../api/clock.js';
import { fieldAt, type StoredObject } from '../api/kube-object.js';
import { ObjectStore } from '../api/object-store.js';
import { EventRecorder, type Told } from './event-recorder.js';
import type { ApiReach } from '../api/outage.js';
import { Random } from './random.js';
import { storeFor } from './store.js';

function recorder(over?: Readonly<{ api: ApiReach; random: Random }>) {
  const clock = new ManualClock();
  const objects = new ObjectStore({ clock });
  const pod: StoredObject = objects.create(
    'pods',
    { metadata: { name: 'web', namespace: 'default' }, spec: { containers: [{ name: 'app', image: 'a:1' }] } },
    { manager: 'test' },
  );
  const events = new EventRecorder(storeFor(objects), clock, {
    component: 'kubelet',
    host: 'node-a',
    about: 'pods',
    ...(over && { over }),
  });
  const told = (): StoredObject[] => objects.list('events', 'default');
  return {
    clock,
    events,
    pod,
    told,
    tell: (event: Partial<Told>) => events.tell(pod, { type: 'Normal', reason: 'Pulled', message: 'pulled', ...event }),
  };
}

test('an event that is told again counts up, and its last time moves', () => {
  const { clock, tell, told } = recorder();
  tell({});
  clock.advance(5000);
  tell({});
  expect(told()).toHaveLength(1);
  expect(told()[0]).toMatchObject({
    count: 2,
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:05Z',
  });
});

test('the same text about another container is another event', () => {
  const { tell, told } = recorder();
  tell({ fieldPath: 'spec.initContainers{a}' });
  tell({ fieldPath: 'spec.initContainers{b}' });
  expect(told()).toHaveLength(2);
});

test('from the tenth text of one reason on they are combined under the path of the first of those', () => {
  const { tell, told } = recorder();
  for (let i = 1; i <= 12; i++) tell({ message: `text ${i}`, fieldPath: `spec.initContainers{step-${i}}` });
  const combined = told().find(({ count }) => count === 3);
  expect(told()).toHaveLength(10);
  expect(combined?.['message']).toBe('(combined from similar events): text 12');
  expect(fieldAt(combined, 'involvedObject', 'fieldPath')).toBe('spec.initContainers{step-10}');
});

test('of one pod twenty-five are told at once, and then one each five minutes', () => {
  const { clock, tell, told } = recorder();
  for (let i = 0; i < 40; i++) tell({ reason: `Reason${i}` });
  expect(told()).toHaveLength(25);
  clock.advance(301_000);
  tell({ reason: 'Later' });
  tell({ reason: 'TooEarly' });
  expect(told()).toHaveLength(26);
});

test('what the API refuses is tried for two minutes, with all that comes after it behind it, and then given up', () => {
  const refused = { isRefusing: true };
  const { clock, tell, told } = recorder({
    api: { reach: () => (refused.isRefusing ? 'refuses' : 'answers'), whenAnswering: (task) => task() },
    random: new Random(1),
  });
  tell({ message: 'first' });
  clock.advance(3000);
  tell({ message: 'second' });
  clock.advance(108_000);
  refused.isRefusing = false;
  expect(told()).toEqual([]);
  clock.advance(10_000);
  expect(told().map(({ message }) => message)).toEqual(['second']);
  expect(told()[0]).toMatchObject({ firstTimestamp: '2026-01-01T00:00:03Z' });
});

test('of what waits for an API that is away for long, a thousand are kept', () => {
  const refused = { isRefusing: true };
  const { clock, events, pod, told } = recorder({
    api: { reach: () => (refused.isRefusing ? 'refuses' : 'answers'), whenAnswering: (task) => task() },
    random: new Random(1),
  });
  const others = Array.from({ length: 1100 }, (_, i) => ({ ...pod, metadata: { ...pod.metadata, uid: `pod-${i}` } }));
  for (const other of others) events.tell(other, { type: 'Normal', reason: 'Pulled', message: 'pulled' });
  refused.isRefusing = false;
  clock.advance(20_000);
  expect(told()).toHaveLength(1000);
});

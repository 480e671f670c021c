import { describe, expect, it } from 'vitest';
import { containerOfEvent, countOf, goSeconds, occurredAt, parseEvent } from './kube-events.js';
import type { KubeEvent } from './observations.js';

const event = (words: Partial<KubeEvent>): KubeEvent => ({
  uid: 'e',
  name: 'e',
  namespace: 'n',
  involvedObject: { fieldPath: 'spec.initContainers{fetch}' },
  ...words,
});

describe('a duration of Go', () => {
  it.each([
    ['850ms', 0.85],
    ['12.5s', 12.5],
    ['1m2.345s', 62.345],
    ['1h0m3s', 3603],
    ['0s', 0],
    ['1.234567891s', 1.234567891],
    ['37µs', 0.000037],
  ])('%s is %d seconds', (text, seconds) => {
    expect(goSeconds(text)).toBe(seconds);
  });

  it.each(['', 's', '12', '1x', '-1s', '1s later'])('is not %j', (text) => {
    expect(goSeconds(text)).toBeNull();
  });
});

describe('Pulled', () => {
  const already = { seconds: 0, withWaiting: null, bytes: null, alreadyPresent: true };
  it.each([
    [
      '1.25',
      'Successfully pulled image "i:1" in 1.234567891s',
      { seconds: 1.234567891, withWaiting: null, bytes: null },
    ],
    [
      '1.27',
      'Successfully pulled image "i:1" in 1.234567891s (1.3s including waiting)',
      { seconds: 1.234567891, withWaiting: 1.3, bytes: null },
    ],
    [
      '1.29',
      'Successfully pulled image "i:1" in 1.235s (1m1.3s including waiting)',
      { seconds: 1.235, withWaiting: 61.3, bytes: null },
    ],
    [
      '1.36',
      'Successfully pulled image "i:1" in 63ms (63ms including waiting). Image size: 123456 bytes.',
      { seconds: 0.063, withWaiting: 0.063, bytes: 123456 },
    ],
    ['1.32', 'Container image "i:1" already present on machine', already],
    ['1.35', 'Container image "i:1" already present on machine and can be accessed by the pod', already],
  ])('of %s is read: %s', (_version, message, expected) => {
    expect(parseEvent(event({ reason: 'Pulled', message }))).toEqual({
      kind: 'pulled',
      image: 'i:1',
      alreadyPresent: false,
      ...expected,
    });
  });
});

describe('what one reason says in several ways', () => {
  it.each([
    ['BackOff', 'Back-off pulling image "i:1"', { kind: 'pullBackOff', image: 'i:1' }],
    ['BackOff', 'Back-off pulling image "i:1": ErrImagePull: not found', { kind: 'pullBackOff', image: 'i:1' }],
    [
      'BackOff',
      'Back-off restarting failed container fetch in pod p_n(uid)',
      { kind: 'restartBackOff', container: 'fetch' },
    ],
    ['BackOff', 'Back-off restarting failed container', { kind: 'restartBackOff', container: null }],
    ['Failed', 'Failed to pull image "i:1": not found', { kind: 'pullFailed', image: 'i:1' }],
    ['Failed', 'Error: ErrImagePull', null],
    ['Pulling', 'Pulling image "i:1"', { kind: 'pulling', image: 'i:1' }],
    ['Pulling', 'something else', null],
    ['Killing', 'Stopping container fetch', null],
  ])('%s: %s', (reason, message, parsed) => {
    expect(parseEvent(event({ reason, message }))).toEqual(parsed);
  });
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
    expect(containerOfEvent(event({ message }))?.name).toBe('step-12');
  });

  it('is unknown when the Event was combined and its message names none', () => {
    expect(containerOfEvent(event({ message: '(combined from similar events): Container created' }))).toBeNull();
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

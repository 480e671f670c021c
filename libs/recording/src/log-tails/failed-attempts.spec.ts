import { describe, expect, it } from 'vitest';
import { failedAttempts, placeOf } from './failed-attempts.js';

const times = { startedAt: '2026-11-21T02:00:01Z', finishedAt: '2026-11-21T02:00:03Z' };
const ended = (id: string, more: object = {}) => ({
  terminated: { containerID: `containerd://${id}`, exitCode: 1, reason: 'Error', ...times, ...more },
});
const parts = (status: object, name = 'status.initContainer.migrate') =>
  new Map([[name, JSON.stringify({ name: 'migrate', ...status })]]);
const idsIn = (status: object) => failedAttempts(parts(status)).map(({ containerId }) => containerId);

describe('failedAttempts', () => {
  it('tells both visible instances, the older one first', () => {
    expect(idsIn({ state: ended('b'), lastState: ended('a') })).toEqual(['containerd://a', 'containerd://b']);
  });

  it('names the container and the times of the attempt', () => {
    expect(failedAttempts(parts({ state: ended('a') }))).toEqual([
      { container: 'migrate', containerId: 'containerd://a', ...times },
    ]);
  });

  it.each([
    ['a success', ended('a', { exitCode: 0, reason: 'Completed' })],
    [
      'a synthetic termination, which is of no instance',
      { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null } },
    ],
    [
      'a container that could not be started, which has the epoch',
      ended('a', { exitCode: 128, reason: 'StartError', startedAt: '1970-01-01T00:00:00Z' }),
    ],
  ])('passes over %s', (_, state) => {
    expect(idsIn({ state })).toEqual([]);
  });

  it('takes an OOMKilled with exit code 0 for the failure that it is', () => {
    expect(idsIn({ state: ended('a', { exitCode: 0, reason: 'OOMKilled' }) })).toEqual(['containerd://a']);
  });

  it('passes over app containers, and parts that went', () => {
    expect(failedAttempts(parts({ state: ended('a') }, 'status.container.app'))).toEqual([]);
    expect(failedAttempts(new Map([['status.initContainer.migrate', null]]))).toEqual([]);
  });
});

describe('placeOf', () => {
  const attempt = { container: 'migrate', containerId: 'containerd://a', ...times };
  const pod = (status: object) => ({ status: { initContainerStatuses: [{ name: 'migrate', ...status }] } });

  it.each([
    ['present', { state: ended('a'), containerID: 'containerd://a' }],
    ['previous', { state: { running: {} }, containerID: 'containerd://b', lastState: ended('a') }],
    ['previous', { state: ended('b'), containerID: 'containerd://b', lastState: ended('a') }],
    // While it waits, containerID is that of the instance before (recorded, 1.36.3: run-error).
    [
      'present',
      { state: { waiting: { reason: 'CrashLoopBackOff' } }, containerID: 'containerd://a', lastState: ended('a') },
    ],
    ['gone', { state: ended('c'), containerID: 'containerd://c', lastState: ended('b') }],
    ['gone', { state: { running: {} }, containerID: 'containerd://b' }],
  ] as const)('is %s', (place, status) => {
    expect(placeOf(pod(status), attempt)).toBe(place);
  });

  it('is gone with the container, and with the pod', () => {
    expect(placeOf({ status: { initContainerStatuses: [] } }, attempt)).toBe('gone');
    expect(placeOf({}, attempt)).toBe('gone');
  });
});

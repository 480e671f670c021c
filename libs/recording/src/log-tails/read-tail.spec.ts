import { describe, expect, it } from 'vitest';
import { KubernetesError } from '#libs/kubernetes';
import type { LogLine } from '#libs/kubernetes';
import { readTail, type TailDoor } from './read-tail.js';

const wanted = {
  stream: 'u',
  uid: 'u',
  namespace: 'shop',
  pod: 'web',
  resourceVersion: '7',
  container: 'migrate',
  containerId: 'a',
  startedAt: '2026-11-21T02:00:01Z',
  finishedAt: '2026-11-21T02:00:03Z',
};
const ended = (containerID: string) => ({ terminated: { containerID, exitCode: 1 } });
const present = { state: ended('a'), containerID: 'a' };
const previous = { state: { running: {} }, containerID: 'b', lastState: ended('a') };
const gone = { state: ended('c'), containerID: 'c', lastState: ended('b') };
const line = (at: string | null, text: string): LogLine => ({ at, text });

/** A pod that shows one status after the other, and the logs of its present and previous instance. */
function door(
  statuses: readonly object[],
  logs: { present?: readonly LogLine[]; previous?: readonly LogLine[]; uid?: string },
) {
  const asked: boolean[] = [];
  let looks = 0;
  const api: TailDoor = {
    get: () => {
      const status = statuses[Math.min(looks++, statuses.length - 1)];
      const object = {
        metadata: { uid: logs.uid ?? 'u' },
        status: { initContainerStatuses: [{ name: 'migrate', ...status }] },
      };
      return Promise.resolve(object as never);
    },
    podLog: (choice) => {
      asked.push(choice.previous);
      const lines = choice.previous ? logs.previous : logs.present;
      if (!lines)
        throw new KubernetesError('invalid', 'previous terminated container "migrate" not found', { status: 400 });
      return Promise.resolve({ lines, isCut: false });
    },
  };
  return { api, asked };
}

const read = (api: TailDoor) => readTail(api, wanted, new AbortController().signal);
const own = line('2026-11-21T02:00:02.5Z', 'no such table');

describe('readTail', () => {
  it('reads the present instance while it is this attempt', async () => {
    await expect(read(door([present], { present: [own] }).api)).resolves.toMatchObject({ lines: [own], missing: null });
  });

  it('reads the previous instance where the next runs already', async () => {
    const { api, asked } = door([previous], { previous: [own] });

    await expect(read(api)).resolves.toMatchObject({ lines: [own] });
    expect(asked).toEqual([true]);
  });

  it('reads again where the next attempt began meanwhile: what was read may be its log', async () => {
    const { api, asked } = door([present, previous], {
      present: [line('2026-11-21T02:00:04.5Z', 'of the next one')],
      previous: [own],
    });

    await expect(read(api)).resolves.toMatchObject({ lines: [own] });
    expect(asked).toEqual([false, true]);
  });

  it('leaves out what was printed before it began or after it ended', async () => {
    const lines = [line('2026-11-21T02:00:00.9Z', 'before'), own, line('2026-11-21T02:00:05.1Z', 'after')];

    await expect(read(door([present], { present: lines }).api)).resolves.toMatchObject({ lines: [own] });
  });

  it.each([
    ['later attempts took its place', [gone], {}, /place was taken/],
    ['another pod has its name', [present], { uid: 'another' }, /place was taken/],
    ['the server has none', [previous], {}, /not found/],
    [
      'the kubelet says so in place of the log',
      [present],
      { present: [line(null, 'unable to retrieve container logs for containerd://a')] },
      /unable to retrieve/,
    ],
  ])('says why there is none where %s', async (_, statuses, logs, missing) => {
    await expect(read(door(statuses, logs).api)).resolves.toMatchObject({
      lines: null,
      missing: expect.stringMatching(missing),
    });
  });

  it('tells a log that is empty from one that is missing', async () => {
    await expect(read(door([present], { present: [] }).api)).resolves.toMatchObject({ lines: [], missing: null });
  });
});

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordedCluster } from '#libs/kubernetes';
import { freshDatabase } from '#testing/platform';
import type { FreshDatabase } from '#testing/platform';
import { corpusFile, corpusLines, fileOf, recordFile } from './testing/index.js';
import type { Told } from './testing/index.js';

let database: FreshDatabase;

beforeEach(async () => {
  database = await freshDatabase();
});

afterEach(() => database.close());

const record = (place: string, choice: Partial<Parameters<typeof recordFile>[1]> = {}) =>
  recordFile(database.pool, { place, ...choice });

/** Without ids, which hold the shard. */
const bodies = (told: readonly Told[]) => told.map(({ type, body }) => ({ ...body, type }));
const ofType = (told: readonly Told[], type: string) =>
  told.filter((each) => each.type === type).map(({ body }) => body);
const withoutTables = (scenario: string) => corpusLines(scenario).filter((line) => !line.includes('"podTable"'));

/** What kubectl would have printed of a scenario's pods, had it begun when the recording did. */
function kubectlOf(scenario: string, resource = 'pods', spaces = 4): string[] {
  return corpusLines(scenario)
    .map((line) => JSON.parse(line) as { resource: string; frame?: string; list?: string })
    .filter((line) => line.resource === resource)
    .flatMap(({ list, frame }) => {
      const items = list ? (JSON.parse(list) as { items: object[]; kind: string }) : undefined;
      const kind = items?.kind.replace(/List$/, '');
      const added = (items?.items ?? []).map((object) => ({
        type: 'ADDED',
        object: { kind, apiVersion: 'v1', ...object },
      }));
      return [...added, ...(frame ? [JSON.parse(frame) as { type: string }] : [])];
    })
    .filter(({ type }) => type !== 'BOOKMARK')
    .map((frame) => `${JSON.stringify(frame, undefined, spaces)}\n`);
}

describe('a recording', () => {
  it('is recorded as the cluster was, at the times at which it was received', async () => {
    const lines = withoutTables('apiserver-compact').map((line) => JSON.parse(line) as { receivedAt: string });
    const { told, end, status } = await record(corpusFile('apiserver-compact'));

    const times = new Set(lines.map(({ receivedAt }) => receivedAt));
    expect(told.length).toBeGreaterThan(150);
    expect(told.filter(({ body }) => !times.has(body['receivedAt'] as string))).toEqual([]);
    // its watcher was cut once, and listed again
    expect(ofType(told, 'ObservationGap').map((gap) => [gap['resource'], gap['cause']])).toEqual([
      ['events', 'expired'],
      ['pods', 'expired'],
    ]);
    expect(end).toMatchObject({ lines: 339, passedOver: { podTable: 129 }, lacking: ['nodes', 'namespaces'] });
    expect(status.unknowns.map(({ unknown }) => unknown)[0]).toBe(
      'everything after 2026-11-21T02:11:52.518Z, where it ends after 339 lines',
    );
    expect(status).toMatchObject({ state: 'recording', error: null });
  });

  it('adds nothing when it is recorded again', async () => {
    const first = await record(corpusFile('sandbox-killed'));
    const again = await record(corpusFile('sandbox-killed'));

    expect(again.shardId).toBe(first.shardId);
    expect(again.told).toEqual(first.told);
  });

  it.each([0.2, 0.5, 0.8])('goes on where a shorter copy ended (%f)', async (part) => {
    const lines = corpusLines('await-redis');
    const short = await record(fileOf(`${lines.slice(0, Math.round(lines.length * part)).join('\n')}\n`));
    const long = await record(fileOf(`${lines.join('\n')}\n`));
    const whole = await record(fileOf(`${lines.join('\n')}\n`), { name: 'another shard' });

    expect(long.shardId).toBe(short.shardId);
    expect(long.told.slice(0, short.told.length)).toEqual(short.told);
    expect(long.told.length).toBeGreaterThan(short.told.length);
    expect(bodies(long.told)).toEqual(bodies(whole.told));
  });

  it('is the same packed or not, whatever it is called', async () => {
    const text = `${withoutTables('second-fails').join('\n')}\n`;
    const plain = await record(fileOf(text), { name: 'plain' });
    const gzip = await record(fileOf(gzipSync(text), 'recording'), { name: 'gzip' });
    const zstd = await record(fileOf(zstdCompressSync(text), 'recording.txt'), { name: 'zstd' });

    expect(bodies(gzip.told)).toEqual(bodies(plain.told));
    expect(bodies(zstd.told)).toEqual(bodies(plain.told));
  });

  it('of one namespace among many is told apart', async () => {
    const all = await record(corpusFile('rollout'), { name: 'all' });
    const none = await record(corpusFile('rollout'), { name: 'none', namespaces: ['another'] });

    expect(ofType(all.told, 'OwnerObserved').length).toBeGreaterThan(1);
    expect(ofType(none.told, 'WatchOpened').map(({ count }) => count)).toEqual([0, 0]);
    expect(ofType(none.told, 'PodObserved')).toEqual([]);
  });

  it('of a server that was restored from a backup is two histories, and adds nothing when it is recorded again', async () => {
    // the second half of a scenario, its resourceVersions lower than the first's: as after a restored etcd
    const lines = withoutTables('oom');
    const lower = lines.map((line) =>
      line.replaceAll(
        /(resourceVersion\\":\\")(\d+)/g,
        (_, name: string, version: string) => `${name}${Number(version) - 200}`,
      ),
    );
    const closed = ['pods', 'events'].map((resource) =>
      JSON.stringify({ receivedAt: '2026-11-22T00:00:00.000Z', resource, closed: true }),
    );
    const file = fileOf([...lines, ...closed, ...lower].join('\n'));
    const first = await record(file);
    const again = await record(file);

    expect(ofType(first.told, 'HistoryForked').length).toBe(1);
    expect(again.told).toEqual(first.told);
  });

  it('of a restored server adds nothing again where both histories hold the position that is stored', async () => {
    const lines = withoutTables('oom');
    const versions = lines
      .filter((line) => line.includes('"resource":"pods"') && line.includes('"frame"'))
      .map((line) => Number(/resourceVersion\\":\\"(\d+)/.exec(line)?.[1]));
    // the last state of the second history has the resourceVersion that an earlier one of the first has
    const back = (versions.at(-1) ?? 0) - (versions.at(-4) ?? 0);
    expect(back).toBeGreaterThan(0);
    const later = (line: string, at: string) => line.replace(/"receivedAt":"[^"]*"/, `"receivedAt":"${at}"`);
    const lower = lines.map((line, nth) =>
      later(
        line.replaceAll(
          /(resourceVersion\\":\\")(\d+)/g,
          (_, name: string, version: string) => `${name}${Number(version) - back}`,
        ),
        new Date(Date.parse('2026-11-22T00:00:01.000Z') + nth).toISOString(),
      ),
    );
    const closed = ['pods', 'events'].map((resource) =>
      JSON.stringify({ receivedAt: '2026-11-22T00:00:00.000Z', resource, closed: true }),
    );
    const text = (...parts: readonly (readonly string[])[]) => fileOf(parts.flat().join('\n'));
    const half = await record(
      text(lines.slice(0, lines.indexOf(lines.filter((line) => line.includes('"resource":"pods"')).at(-3) ?? ''))),
      { name: 'half' },
    );
    const whole = await record(text(lines, closed, lower), { name: 'half' });
    const atOnce = await record(text(lines, closed, lower), { name: 'at once' });
    const again = await record(text(lines, closed, lower), { name: 'at once' });

    expect(ofType(atOnce.told, 'HistoryForked').length).toBe(1);
    expect(again.told).toEqual(atOnce.told);
    // what a shorter copy ended in is the first of both places
    expect(whole.told.length).toBeGreaterThan(half.told.length);
    expect(bodies(whole.told)).toEqual(bodies(atOnce.told));
  });

  it('in a folder is read in the order of its files’ times', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'recording-'));
    mkdirSync(join(folder, 'not-a-file.json'), { recursive: false });
    const of = (resource: string) => withoutTables('oom').filter((line) => line.includes(`"resource":"${resource}"`));
    writeFileSync(join(folder, 'README.md'), 'not a recording');
    for (const resource of ['pods', 'events', 'replicasets', 'jobs'])
      writeFileSync(join(folder, `${resource}.jsonl`), of(resource).join('\n'));
    const parts = await record(folder);
    const whole = await record(corpusFile('oom'));

    expect(bodies(parts.told)).toEqual(bodies(whole.told));
  });
});

describe('what kubectl printed', () => {
  it('tells of pods what a recording with list and times tells', async () => {
    const recorded = await record(corpusFile('three-in-order'));
    const { told, end } = await record(fileOf(kubectlOf('three-in-order').join('')));

    const parts = (all: readonly Told[]) =>
      [...ofType(all, 'PodObserved'), ...ofType(all, 'PodGone')].map((each) => each['parts']);
    expect(parts(told)).toEqual(parts(recorded.told));
    expect(end.unknown).toEqual([
      'when frames arrived: kubectl does not say, so the newest time in each stands for it',
    ]);
    expect(end.passedOver).toEqual({});
  });

  it('estimates the time of each frame within two seconds, and never goes back', async () => {
    const recorded = await record(corpusFile('three-in-order'));
    const { told } = await record(fileOf(kubectlOf('three-in-order').join('')));
    const times = (all: readonly Told[]) =>
      ofType(all, 'PodObserved').map((each) => Date.parse(each['receivedAt'] as string));

    const estimates = times(told);
    expect(estimates).toEqual(estimates.toSorted((a, b) => a - b));
    for (const [nth, at] of times(recorded.told).entries())
      expect(Math.abs(at - (estimates[nth] ?? 0))).toBeLessThan(2_000);
  });

  it('adds nothing when it is recorded again, and goes on', async () => {
    const frames = kubectlOf('two-waits-one-target');
    const short = await record(fileOf(frames.slice(0, frames.length - 5).join('')));
    const long = await record(fileOf(frames.join('')));
    const again = await record(fileOf(frames.join('')));
    const whole = await record(fileOf(frames.join('')), { name: 'another shard' });

    expect(long.shardId).toBe(short.shardId);
    expect(bodies(long.told)).toEqual(bodies(whole.told));
    expect(again.told).toEqual(long.told);
  });

  it('of a watch that was begun anew declares the gap', async () => {
    const frames = kubectlOf('sigkill-137');
    // the second kubectl lists what there is, and adds it again
    const { told } = await record(fileOf([...frames.slice(0, 4), ...frames.slice(0, 3), ...frames.slice(6)].join('')));

    expect(ofType(told, 'ObservationGap')).toEqual([expect.objectContaining({ resource: 'pods', cause: 'expired' })]);
    expect(ofType(told, 'WatchOpened').map(({ via }) => via)).toEqual(['initialList', 'relist']);
  });

  it('of pods and of Events may stand side by side in a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'recording-'));
    writeFileSync(join(folder, 'pods.json'), kubectlOf('oom').join(''));
    writeFileSync(join(folder, 'events.json'), kubectlOf('oom', 'events', 0).join(''));
    const { told } = await record(folder);
    const recorded = await record(corpusFile('oom'));

    const count = (all: readonly Told[], type: string) => ofType(all, type).length;
    for (const type of ['PodObserved', 'PodGone', 'KubeEventObserved'])
      expect(count(told, type)).toBe(count(recorded.told, type));
  });
});

describe('a recording that is not whole', () => {
  const lines = withoutTables('exit-codes');

  it('without its first lists is a late join', async () => {
    const { told } = await record(
      fileOf(
        lines
          .filter((line) => !line.includes('"list"'))
          .slice(20)
          .join('\n'),
      ),
    );

    expect(ofType(told, 'WatchOpened').map(({ via }) => via)).toContain('initialList');
    expect(ofType(told, 'PodObserved').length).toBeGreaterThan(10);
    expect(ofType(told, 'ObservationGap')).toEqual([]);
  });

  it('says that its last line was cut, and records it from a later copy', async () => {
    const cut = await record(fileOf(lines.join('\n').slice(0, -100)));
    const whole = await record(fileOf(lines.join('\n')));

    expect(cut.end.unknown).toEqual([
      expect.stringMatching(new RegExp(`^line ${lines.length} of .*recording.jsonl: it was cut`)),
    ]);
    expect(whole.shardId).toBe(cut.shardId);
    expect(whole.end).toMatchObject({ lines: lines.length, unknown: [], problem: undefined });
  });

  it('records of a packed file that was cut what can be unpacked', async () => {
    const packed = gzipSync(lines.join('\n'));
    const { end, told } = await record(fileOf(packed.subarray(0, packed.length / 2), 'half.jsonl.gz'));

    expect(end.unknown).toEqual([expect.stringMatching(/it was cut in the middle/)]);
    expect(told.length).toBeGreaterThan(5);
  });

  it.each([
    ['no JSON', 'oh no', 'it is no JSON object: oh no'],
    [
      'no line of a recording',
      '{"receivedAt":"2026-11-21T02:10:37.673Z","resource":"pods"}',
      'it has neither list nor frame nor closed',
    ],
    ['no time', '{"resource":"pods","closed":true}', 'it has no receivedAt that is a time'],
    [
      'no frame',
      '{"receivedAt":"2026-11-21T02:10:37.673Z","resource":"pods","frame":"{\\"type\\""}',
      'its frame is no watch event',
    ],
    [
      'no list',
      '{"receivedAt":"2026-11-21T02:10:37.673Z","resource":"pods","list":"{}"}',
      'its list has no resourceVersion',
    ],
  ])('stops at a line that is %s, names it, and goes on once it is mended', async (_, line, why) => {
    const file = fileOf([...lines.slice(0, 40), line, ...lines.slice(40)].join('\n'));
    const { end, status, told } = await record(file);
    const mended = await record(fileOf(lines.join('\n')));
    const whole = await record(fileOf(lines.join('\n')), { name: 'another shard' });

    expect(end.problem).toMatchObject({
      code: 'recording-invalid',
      message: `Line 41 of the recording ${file} cannot be read: ${why}`,
      remedy: expect.stringContaining('Mend the line') as string,
    });
    expect(status.error).toBe(end.problem?.message);
    expect(told.length).toBeGreaterThan(5);
    expect(bodies(mended.told)).toEqual(bodies(whole.told));
  });

  it('of another course than what was recorded of it is passed over, and says so', async () => {
    await record(fileOf(lines.join('\n')));
    const { end } = await record(fileOf(lines.slice(0, 30).join('\n')));

    expect(end.unknown[0]).toMatch(/^pods after \d+: this recording does not hold that position/);
  });

  it.each([
    ['nothing.jsonl', undefined, /recording-unreadable.*no such file/],
    ['empty.jsonl', '', /recording-unreadable.*There is no recording in .*empty.jsonl/],
    [
      'words.jsonl',
      'these are words',
      /recording-invalid.*Line 1 of .*words.jsonl cannot be read: no JSON object begins there/,
    ],
    ['truth.jsonl', '{"at":"2026-11-21T02:10:37Z","containerId":"1","what":"started"}\n', /There is no recording/],
    ['objects.json', '{"kind":"Pod"}{"kind":"Pod"}', /Line 1 .* it is no watch event .*--output-watch-events/],
  ])('is refused at the start: %s', async (name, content, says) => {
    const file = content === undefined ? '/nowhere/nothing.jsonl' : fileOf(content, name);
    const error = await RecordedCluster.open({ place: file }).catch((reason: unknown) => reason);

    const { code, message, remedy } = error as { code: string; message: string; remedy: string };
    expect(`${code} ${message} ${remedy}`).toMatch(says);
  });
});

describe('the pace of a recording', () => {
  it('is its own, or so many times as fast', async () => {
    const lines = withoutTables('rejected-by-node').map((line) => JSON.parse(line) as { receivedAt: string });
    const [first, last] = [lines[0], lines.at(-1)].map((line) => Date.parse(line?.receivedAt ?? ''));
    const seconds = ((last ?? 0) - (first ?? 0)) / 1000;
    const began = performance.now();
    const { end } = await record(corpusFile('rejected-by-node'), { pace: seconds / 1.5 });

    expect(performance.now() - began).toBeGreaterThan(1_500);
    expect(end.problem).toBeUndefined();
  });
});

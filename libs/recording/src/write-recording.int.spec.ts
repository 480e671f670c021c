import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDemo, startSimulator } from '#libs/cluster-simulator';
import type { Simulator } from '#libs/cluster-simulator';
import { freshDatabase } from '#testing/platform';
import type { FreshDatabase } from '#testing/platform';
import type { RecorderNeeds } from './recorder.js';
import { corpusFile, fileOf, recordFile, startedRecorder } from './testing/index.js';
import type { StartedRecorder, Told } from './testing/index.js';

let database: FreshDatabase;
let other: FreshDatabase;
let cluster: Simulator;
let started: StartedRecorder[] = [];

beforeEach(async () => {
  [database, other] = await Promise.all([freshDatabase(), freshDatabase()]);
  cluster = await startSimulator({ demo: true, clock: { speed: 30 } });
  startDemo(cluster, { seed: 1 });
});

afterEach(async () => {
  await Promise.all(started.map(({ recorder }) => recorder.stop()));
  started = [];
  await cluster.close();
  await Promise.all([database.close(), other.close()]);
});

type Owner = Readonly<{ uid: string; controller?: boolean }>;

const newFile = () => join(dirname(fileOf('')), 'written.jsonl');

function record(file: string, choice: Partial<RecorderNeeds> = {}): StartedRecorder {
  const writeRecording = { file, verbatim: false };
  const one = startedRecorder(cluster.kubeconfigPath, database.pool, { source: 'demo', writeRecording, ...choice });
  started.push(one);
  return one;
}

/** All but the ids, which hold the shard. */
const bodies = (told: readonly Told[]) => told.map(({ type, body }) => JSON.stringify({ ...body, type }));
const watching = ({ recorder }: StartedRecorder) =>
  vi.waitFor(
    () => expect(recorder.status.watches.map(({ state }) => state)).toEqual(Array(4).fill('watching')),
    20_000,
  );
const play = async (one: StartedRecorder, seconds: number) => {
  await watching(one);
  await sleep(seconds * 1000);
  await one.recorder.stop();
};

describe('a written recording', () => {
  it.each([false, true])(
    'gives, recorded again, every observation again, byte for byte (verbatim: %s)',
    async (verbatim) => {
      const file = newFile();
      const first = record(file, { writeRecording: { file, verbatim } });
      await play(first, 12);
      const again = await recordFile(
        other.pool,
        { place: file },
        { masking: { key: verbatim ? 'a key for tests' : 'another', commands: 'masked' } },
      );

      const expected = await first.told();
      expect(expected.length).toBeGreaterThan(400);
      expect(new Set(expected.map(({ type }) => type)).size).toBeGreaterThan(5);
      expect(bodies(again.told)).toEqual(bodies(expected));
      expect(again.end).toMatchObject({ problem: undefined, unknown: [] });
    },
  );

  it('of a recording is that recording', async () => {
    const file = newFile();
    const first = await recordFile(
      database.pool,
      { place: corpusFile('rollout') },
      { writeRecording: { file, verbatim: false } },
    );
    const again = await recordFile(other.pool, { place: file });

    expect(bodies(again.told)).toEqual(bodies(first.told));
  });

  it('is for its owner alone, and holds no secret unless it is verbatim', async () => {
    const file = newFile();
    await play(record(file), 1);

    const text = readFileSync(file, 'utf8');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(text).not.toContain('last-applied-configuration');
    expect(text).not.toContain('fieldsV1');
    expect(JSON.parse(text.split('\n')[0] ?? '')).toMatchObject({
      recording: { cluster: 'demo', masked: true, server: null, namespaces: [] },
    });
  });

  it('goes on after a restart with a list of what there is, and what may be missing between is a gap', async () => {
    const file = newFile();
    const first = record(file);
    await play(first, 2);
    // a kill cut the last line
    writeFileSync(file, '{"receivedAt":"2026-11-2', { flag: 'a' });
    const second = record(file);
    await play(second, 2);
    const again = await recordFile(other.pool, { place: file });

    const pods = (told: readonly Told[]) =>
      new Set(told.filter(({ type }) => type === 'PodObserved').map(({ streamId }) => streamId));
    expect(pods(again.told)).toEqual(pods(await second.told()));
    expect(again.end).toMatchObject({ problem: undefined, unknown: [] });
    expect(again.told.filter(({ type }) => type === 'ObservationGap').length).toBeGreaterThan(2);
    expect((await second.told()).filter(({ type }) => type === 'ObservationGap')).toEqual([]);
  });

  it('that was begun late holds what there was before, and who owns it', async () => {
    const before = startedRecorder(cluster.kubeconfigPath, database.pool, { source: 'demo' });
    await play(before, 3);
    const file = newFile();
    const second = record(file);
    await play(second, 1);
    const again = await recordFile(other.pool, { place: file });

    const streams = (type: string) => again.told.filter((each) => each.type === type).map(({ streamId }) => streamId);
    const owners = again.told.flatMap(({ type, body }) => {
      // Of a pod that came in the last moment the owner may not have been asked for yet.
      const wasThere = type === 'PodObserved' && body['via'] === 'initialList';
      const { metadata } = (wasThere ? body['parts'] : {}) as {
        metadata?: { ownerReferences?: Owner[] };
      };
      return (metadata?.ownerReferences ?? []).filter(({ controller }) => controller).map(({ uid }) => uid);
    });
    expect(streams('PodObserved').length).toBeGreaterThan(3);
    expect(owners.length).toBeGreaterThan(0);
    expect(streams('OwnerObserved')).toEqual(expect.arrayContaining(owners));
  });

  it('that cannot be written is given up, and recording goes on', async () => {
    const one = record('/dev/full');
    await play(one, 2);

    expect((await one.told()).length).toBeGreaterThan(20);
    expect((await one.metrics.expose(undefined)).body).toContain(
      'initledger_recorder_recording_write_failures_total 1',
    );
  });

  it.each([
    ['holds something else', () => fileOf('my notes\n'), /it holds something else.*Name another file/],
    ['is in no folder', () => '/nowhere/at/all.jsonl', /no such file or directory/],
  ])('is refused where the file %s', (_, file, says) => {
    const path = file();
    const said = () => {
      try {
        record(path);
        return 'nothing';
      } catch (error) {
        const { code, message, remedy } = error as { code: string; message: string; remedy: string };
        return `${code} ${message} ${remedy}`;
      }
    };

    expect(said()).toMatch(says);
    expect(said()).toMatch(/^recording-unwritable/);
  });
});

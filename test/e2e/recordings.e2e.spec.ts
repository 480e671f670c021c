import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, launch, start, until, type Json, type Service } from './service.js';

let base: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'recordings-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const recorded = (place: string, name: string, ...more: string[]) =>
  start({ args: ['--source', `recording:${place}`, '--data', join(base, name), ...more] });

/** The same place of the log, told at another time. */
function placeAt(position: string, time: string): string {
  const place = JSON.parse(Buffer.from(position, 'base64url').toString()) as { p: object };
  return Buffer.from(JSON.stringify({ p: place.p, t: Date.parse(time) })).toString('base64url');
}

/** Waits until a recording is read and told, and returns its cluster. */
async function readToEnd(service: Service): Promise<Json> {
  let cluster: Json;
  const isRead = async () => {
    [cluster] = (await service.get('/api/v1/clusters')).items;
    return cluster?.position !== null && cluster?.position === cluster?.recordedPosition && cluster.unknowns.length > 0;
  };
  await until(isRead, { seconds: 60, what: () => `it was not read to its end:\n${service.output()}` });
  return cluster;
}

/** Everything that is told of every pod at a place of the record, but for when it was stored. */
async function toldAt(service: Service, position: string): Promise<Json> {
  const at = `asOf=${encodeURIComponent(position)}`;
  const pods = await all(service, `/api/v1/pods?limit=200&initContainers=any&${at}`);
  const told = await Promise.all(
    pods.map(async ({ uid }) => ({
      pod: (await service.get(`/api/v1/pods/${uid}?${at}`)).data,
      timeline: (await service.get(`/api/v1/pods/${uid}/timeline?${at}`)).data,
    })),
  );
  const failures = (await service.get(`/api/v1/reports/failures?${at}`)).items;
  return { pods, told, failures };
}

describe('a recording that the service wrote', () => {
  it('is read by another service, which then answers the same', { timeout: 240_000 }, async () => {
    const file = join(base, 'written.jsonl');
    const data = ['--source', 'demo', '--data', join(base, 'demo')];
    const first = await start({ args: [...data, '--write-recording', file] });
    await sleep(25_000);
    expect(await first.stop()).toBe(0);
    const packed = join(base, 'sent-in.jsonl.zst');
    writeFileSync(packed, zstdCompressSync(readFileSync(file)));

    // what is stuck is a matter of settings, and the demo has one of its own
    const second = await recorded(packed, 'sent-in', '--stuck-after-seconds', '20');
    const cluster = await readToEnd(second);
    expect(cluster).toMatchObject({ cluster: 'demo', source: 'recording', identity: 'recording', health: 'ended' });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(cluster.endedAt).toBe(JSON.parse(lines.at(-1) ?? '').receivedAt);
    await until(() => second.output().includes('no alerts are raised for a recording'), {
      seconds: 30,
      what: () => `it did not say that it raises no alerts:\n${second.output()}`,
    });
    const { meta } = await second.get('/api/v1/pods?limit=1');
    expect(meta.source).toBe('recording');
    const answers = await toldAt(second, meta.position);
    await second.stop();
    // both logs hold the same at the same positions, so that the first can be asked as of where, and when, the second ends
    const again = await start({ args: data });
    const expected = await toldAt(again, placeAt(meta.position, cluster.endedAt));
    await again.stop();

    expect(
      answers.told.flatMap(({ pod }: Json) =>
        pod.cycles.flatMap(({ initContainers }: Json) => initContainers.flatMap(({ attempts }: Json) => attempts)),
      ).length,
    ).toBeGreaterThan(10);
    expect(answers).toEqual(expected);
  });

  it('adds nothing when it is read again, and never stands beside the demo', { timeout: 240_000 }, async () => {
    const packed = join(base, 'sent-in.jsonl.zst');
    const positions: string[] = [];
    for (let nth = 0; nth < 2; nth += 1) {
      const service = await recorded(packed, 'beside');
      positions.push((await readToEnd(service)).recordedPosition);
      await service.stop();
    }
    expect(positions[1]).toBe(positions[0]);

    const demo = await start({ args: ['--source', 'demo', '--data', join(base, 'beside')] });
    const { items, meta } = await demo.get('/api/v1/clusters');
    await demo.stop();
    expect(items.map(({ source }: Json) => source)).toEqual(['demo']);
    expect(meta.source).toBe('demo');
  });

  it('may come by standard input', { timeout: 120_000 }, async () => {
    const input = openSync(join(base, 'written.jsonl'), 'r');
    const service = await start({
      args: ['--source', 'recording:-', '--data', join(base, 'piped')],
      stdin: input,
    });
    closeSync(input);
    const { recordedPosition } = await readToEnd(service);
    await service.stop();

    expect(Number(recordedPosition.split(':')[1])).toBeGreaterThan(100);
  });
});

describe('a recording that cannot be used', () => {
  it.each([
    ['that is not there', 'nowhere.jsonl', undefined, /nowhere\.jsonl cannot be read: .*no such file/],
    ['that is none', 'notes.txt', 'my notes', /Line 1 of the recording .*notes\.txt cannot be read/],
    ['that is empty', 'empty.jsonl', '', /There is no recording in .*empty\.jsonl/],
  ])('%s ends the start with what to do', async (_, name, content, says) => {
    const file = join(base, name);
    if (content !== undefined) writeFileSync(file, content);
    const service = await launch({ args: ['--source', `recording:${file}`, '--data', join(base, 'unused')] });
    await until(() => service.process.exitCode !== null, { seconds: 60, what: () => 'it did not end' });

    expect(service.process.exitCode).toBe(1);
    expect(service.output()).toMatch(says);
  });
});

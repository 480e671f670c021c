import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seesAll, type Viewer } from '#libs/access';
import { CheckpointsFile, EventWriter } from '#libs/event-store';
import { audited } from '#testing/event-store';
import { uid } from '#testing/projections';
import { Scene } from '../testing/index.js';
import { LedgerQuery } from './ledger.query.js';

const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let scene: Scene;
let folder: string;
let url: string;
let key: string;
beforeAll(async () => {
  scene = await Scene.set();
  folder = await mkdtemp(path.join(tmpdir(), 'ledger-'));
  await grow(0);
  await scene.app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(scene.app.getHttpServer().address() as AddressInfo).port}/api/v1/ledger/${scene.ledger.shardId}`;
  key = (await text('keys')).trim();
});
afterAll(async () => {
  await scene.end();
  await rm(folder, { recursive: true, force: true });
});

/** Seals the log, after so many more events that are about nothing. */
async function grow(events: number): Promise<void> {
  const file = new CheckpointsFile(path.join(folder, 'checkpoints'));
  const sealing = { keys: [pem], file, everyMs: 60_000 };
  const writer = await EventWriter.open(scene.ledger.recorderPool, scene.ledger.shardId, { sealing });
  const event = {
    type: 'HistoryForked',
    schemaVersion: 1,
    streamId: uid(1),
    body: '{"receivedAt":"2026-11-21T10:00:00Z"}',
  };
  await writer.append(Array.from({ length: events }, (_, n) => ({ ...event, eventId: uid(10_000 + n) })));
  await writer.close();
}
const get = (what: string) => scene.get(`/api/v1/ledger/${scene.ledger.shardId}/${what}`);
const text = async (what: string) => (await get(what).expect(200)).text;

describe('/ledger/{shard}', () => {
  it('serves what an auditor who shares no code with us needs to check the whole log', async () => {
    const { stdout } = await audited('log', url, key);

    expect(stdout).toMatch(/^holds: \d+ events of initledger\/test\/1\n$/u);
  });

  it('serves complete and partial tiles, of entries too, once the log is longer than one', async () => {
    const earlier = path.join(folder, 'earlier');
    await writeFile(earlier, await text('checkpoint'));
    await grow(600);

    const { stdout } = await audited('log', url, key, '--since', earlier);

    expect(stdout).toMatch(/^holds: 6\d\d events .* go on from the \d+ of/u);
    expect((await get('tile/0/000').expect(200)).headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '8192',
      'cache-control': expect.stringContaining('immutable'),
    });
    expect((await get('tile/1/000.p/2').expect(200)).body).toHaveLength(64);
  });

  it('sends entries as gzip to whoever takes that, and to nobody else', async () => {
    const asked = (what: string, encodings: string) =>
      fetch(`${url}/${what}`, { headers: { 'accept-encoding': encodings } });
    const plain = await asked('tile/entries/000', 'identity');
    const zipped = await asked('tile/entries/000', 'deflate, gzip;q=0.5');
    const bytes = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

    expect([plain, zipped].map(({ headers }) => [headers.get('content-encoding'), headers.get('vary')])).toEqual([
      [null, 'accept-encoding'],
      ['gzip', 'accept-encoding'],
    ]);
    expect((await bytes(zipped)).equals(await bytes(plain))).toBe(true);
    expect((await asked('tile/entries/000', 'gzip;q=0')).headers.get('content-encoding')).toBeNull();
    expect((await asked('tile/0/000', 'gzip')).headers.get('content-encoding')).toBeNull();
  });

  it.each(['tile/0/001.p/300', 'tile/0/099', 'tile/x/000', 'tile/entries/099', 'proof/99999', 'proof/-1', 'proof/1e2'])(
    'does not know %s',
    async (what) => {
      const { status, body } = await get(what);

      expect({ status, code: body.code }).toEqual({ status: 404, code: 'proof-unknown' });
    },
  );

  it.each(['0', '99', '1x', 'x', '1-actions'])('does not know shard %s', async (shard) => {
    const { status, body } = await scene.get(`/api/v1/ledger/${shard}/checkpoint`);

    expect({ status, code: body.code }).toEqual({ status: 404, code: 'shard-unknown' });
  });

  it('proves one event in less than three kilobytes, offline', async () => {
    const proof = await text('proof/7');
    const file = path.join(folder, 'one.tlog-proof');
    await writeFile(file, proof);

    const { stdout } = await audited('proof', file, key);

    expect(Buffer.byteLength(proof)).toBeLessThan(3_072);
    expect(stdout).toMatch(/^holds: event 7 of/u);
    expect(stdout).toContain('"receivedAt"');
  });

  it('says so of a proof in which a byte was changed', async () => {
    const proof = await text('proof/7');
    const lines = proof.split('\n');
    const changes = [1, 2, 3, lines.length - 2].map((at) =>
      lines
        .map((line, nth) => (nth === at ? line.replace(/.(?=.{3}$)/u, (one) => (one === 'A' ? 'B' : 'A')) : line))
        .join('\n'),
    );
    for (const [nth, changed] of changes.entries()) {
      const file = path.join(folder, `changed-${nth}.tlog-proof`);
      await writeFile(file, changed);
      expect(await audited('proof', file, key)).toMatchObject({ code: 1 });
    }
  });

  it('says so of a proof of which a sign is another that stands for the same bytes', async () => {
    const proof = await text('proof/7');
    const lines = proof.split('\n');
    const signature = lines.findLast((line) => line.startsWith('\u2014')) ?? '';
    const extra = JSON.parse(Buffer.from(lines[1]?.slice(6) ?? '', 'base64').toString()) as { salt: string };
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    // The last sign before the padding has bits of which no byte is made.
    const spare = (line: string) =>
      line.replace(/(.)(=+)$/u, (_, last: string, padding) => `${alphabet[alphabet.indexOf(last) ^ 1]}${padding}`);
    const shouted = Buffer.from(JSON.stringify({ ...extra, salt: extra.salt.toUpperCase() })).toString('base64');
    const changes = [
      proof.replace(lines[3] ?? '', spare),
      proof.replace(signature, spare),
      proof.replace(lines[1] ?? '', `extra ${shouted}`),
    ];
    for (const changed of changes) {
      expect(changed).not.toBe(proof);
      const file = path.join(folder, 'same.tlog-proof');
      await writeFile(file, changed);
      expect(await audited('proof', file, key)).toMatchObject({ code: 1 });
    }
  });

  it('is for who may see all pods of the cluster, and tells bodies to who may read Events and logs as well', async () => {
    const query = scene.app.get(LedgerQuery, { strict: false });
    const shard = String(scene.ledger.shardId);
    const jane: Viewer = { ...seesAll('jane'), pods: new Map([['shop', uid(800)]]) };

    await expect(query.checkpoint(jane, shard)).rejects.toMatchObject({ code: 'shard-unknown' });
    await expect(query.checkpoint({ ...seesAll('jane'), clusterUid: 'another' }, shard)).rejects.toMatchObject({
      code: 'shard-unknown',
    });
    const extraOf = (proof: string) => Buffer.from(/^extra (.*)$/mu.exec(proof)?.[1] ?? '', 'base64').toString();
    expect(extraOf(await query.proof(seesAll('jane'), shard, '7'))).toContain('"body"');
    expect(extraOf(await query.proof({ ...seesAll('jane'), events: new Map() }, shard, '7'))).not.toContain('"body"');
  });
});

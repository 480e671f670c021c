import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { CheckpointsFile, EventWriter, Ledger, parseVerifier, verifyLog } from '#libs/event-store';
import { Database, type Pool } from '#libs/platform';
import { someShard } from '#testing/event-store';

import { startBenchDatabase } from './bench-database.js';
import { observation } from './observation.js';
import { percentiles, tell, whole } from './table.js';

const BATCH = 1_000;
const PROVED = 200;
/** A check of one event is a process that lives for some hundredths of a second: so many are enough. */
const CHECKED = 21;
const VERIFIER = fileURLToPath(new URL('../../deploy/audit/verify.mjs', import.meta.url));

/** A whole log computed anew, beside only reading its rows; and single events proved, and checked without our code. */
export async function benchProof({ events }: Readonly<{ events: number }>): Promise<void> {
  const { urls, stop } = await startBenchDatabase();
  const folder = await mkdtemp(path.join(tmpdir(), 'initledger-bench-proof-'));
  const database = new Database(urls);
  try {
    const { ingest, api: pool } = database;
    const shardId = await someShard(ingest);
    const file = new CheckpointsFile(path.join(folder, 'published'));
    await append(ingest, { shardId, events, file });
    const ledger = new Ledger(pool);
    const [key = ''] = await ledger.keys(shardId);
    const read = await inSeconds(() => readRows(pool, shardId, events));
    const cpuBefore = process.cpuUsage();
    const verified = await inSeconds(async () => {
      const verdict = await verifyLog({ connection: pool, shardId, verifiers: [parseVerifier(key)] });
      if (verdict.size !== events || verdict.disagreements.length > 0) throw new Error('The log does not verify');
    });
    const { user, system } = process.cpuUsage(cpuBefore);
    const proved: number[] = [];
    let largest = 0;
    for (let nth = 0; nth < PROVED; nth += 1) {
      const position = Math.floor((events * nth) / PROVED);
      let proof = '';
      proved.push((await inSeconds(async () => void (proof = await ledger.proof(shardId, position, false)))) * 1_000);
      largest = Math.max(largest, Buffer.byteLength(proof));
      await writeFile(path.join(folder, 'one.tlog-proof'), proof);
    }
    const check = timesOf(() =>
      execFileSync(process.execPath, [VERIFIER, 'proof', path.join(folder, 'one.tlog-proof'), key]),
    );
    const start = timesOf(() => execFileSync(process.execPath, [VERIFIER], { stdio: 'ignore' }), true);
    tell(`proof: a sealed log of ${whole(events)} events`, [
      { what: 'reading the rows, s', measured: read.toFixed(1) },
      { what: 'whole log verified, s', measured: verified.toFixed(1), goal: '1,000,000 in less than 15' },
      { what: 'events/s', measured: whole(events / verified) },
      { what: 'CPU an event of the verifying process, µs', measured: ((user + system) / events).toFixed(1) },
      { what: 'proof of one event, bytes at most', measured: whole(largest), goal: 'below 3,000' },
      {
        what: 'making it, p50 / p99 ms',
        measured: `${percentiles(proved).p50.toFixed(1)} / ${percentiles(proved).p99.toFixed(1)}`,
      },
      { what: 'a process that only begins the offline verifier, p50 ms', measured: start.toFixed(1) },
      {
        what: 'one that checks the proof, beyond that, p50 ms',
        measured: (check - start).toFixed(1),
        goal: 'below 10',
      },
    ]);
  } finally {
    await database.close();
    await stop();
    await rm(folder, { recursive: true });
  }
}

type Sealed = Readonly<{ shardId: number; events: number; file: CheckpointsFile }>;

async function append(pool: Pool, { shardId, events, file }: Sealed): Promise<void> {
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const writer = await EventWriter.open(pool, shardId, { sealing: { keys: [key], file } });
  for (let at = 0; at < events; at += BATCH) {
    const size = Math.min(BATCH, events - at);
    await writer.append(Array.from({ length: size }, (_, nth) => observation(undefined, at + nth)));
  }
  await writer.close();
}

/** The floor: every row, and nothing made of it. */
async function readRows(pool: Pool, shardId: number, events: number): Promise<void> {
  for (let from = 0; from < events; from += 4_096) {
    await pool.query(
      `SELECT position, recorded_at::text, stream_id, event_id, type, schema_ver, salt, body::text, body_digest
         FROM event WHERE shard_id = $1 AND position >= $2 AND position < $3 ORDER BY position`,
      [shardId, from, from + 4_096],
    );
  }
}

async function inSeconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

/** Milliseconds of a run, the middle one of many. */
function timesOf(run: () => unknown, fails = false): number {
  const took = Array.from({ length: CHECKED }, () => {
    const began = performance.now();
    try {
      run();
    } catch (error) {
      if (!fails) throw error;
    }
    return performance.now() - began;
  });
  return percentiles(took).p50;
}

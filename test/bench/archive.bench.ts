import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  ActWriters,
  CheckpointsFile,
  EventWriter,
  Ledger,
  Retention,
  weekSpans,
  writeArchive,
  type NewEvent,
  type Sealing,
  type Written,
} from '#libs/event-store';
import { Database, silentLogger } from '#libs/platform';
import { someShard } from '#testing/event-store';

import { CorpusRecorder } from '../corpus/recording-of.js';
import { frames, recordings } from '../recordings/reader.js';
import { startBenchDatabase } from './bench-database.js';
import { observation } from './observation.js';
import { tell, whole, type Row } from './table.js';

const VERIFIER = fileURLToPath(new URL('../../deploy/audit/verify.mjs', import.meta.url));
/** As many as come together when a cluster is calm: all of one append have the same time. */
const BATCH = 20;
const WEEK_MS = 7 * 86_400_000;

/** What a week weighs once it is exported, what that costs, and that more of it takes no more memory. */
export async function benchArchive({ events }: Readonly<{ events: number }>): Promise<void> {
  const corpus = recordings().flatMap((recording) => new CorpusRecorder(true).record(frames(recording)).drafts);
  const rows: Row[] = [];
  for (const [what, made] of [
    ['the recorded pods, Events included, each once', corpus],
    [`${whole(events)} made observations`, Array.from({ length: events }, (_, nth) => observation(undefined, nth))],
  ] as const)
    rows.push(...(await exportOf(what, made)));
  tell('archive: a week exported (.archive.zst)', rows);
}

async function exportOf(what: string, events: readonly NewEvent[]): Promise<readonly Row[]> {
  const { urls, stop } = await startBenchDatabase();
  const folder = await mkdtemp(path.join(tmpdir(), 'initledger-bench-archive-'));
  const database = new Database(urls);
  try {
    const key = await recordWeek(database, folder, events);
    const [span] = await weekSpans(database.api, {});
    if (!span) throw new Error('No week was sealed');
    const began = process.memoryUsage().rss;
    let most = began;
    const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    const before = process.cpuUsage();
    const written: Written = await writeArchive(database.api, span, folder);
    const { user, system } = process.cpuUsage(before);
    clearInterval(watching);
    execFileSync(process.execPath, [VERIFIER, 'archive', written.file, key]);
    return [
      {
        what: `${what}: bytes an observation`,
        measured: (written.bytes / written.events).toFixed(1),
        goal: 'below 200',
      },
      { what: '  of so many', measured: whole(written.events) },
      { what: '  CPU an observation of who exports, µs', measured: ((user + system) / written.events).toFixed(1) },
      { what: '  memory beyond that at the beginning, at most, MB', measured: whole((most - began) / 1_048_576) },
    ];
  } finally {
    await database.close();
    await stop();
    await rm(folder, { recursive: true });
  }
}

/** Answers the key that it was sealed with. */
async function recordWeek(
  { ingest, projection }: Database,
  folder: string,
  events: readonly NewEvent[],
): Promise<string> {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const sealing: Sealing = { keys: [pem], file: new CheckpointsFile(path.join(folder, 'published')) };
  const shardId = await someShard(ingest);
  let clock = Date.parse('2026-01-05T00:00:00Z');
  const writer = await EventWriter.open(ingest, shardId, { sealing, now: () => (clock += 7) * 1_000 });
  for (let at = 0; at < events.length; at += BATCH) await writer.append(events.slice(at, at + BATCH));
  clock += WEEK_MS;
  await writer.append([observation(undefined, 0)]);
  await writer.close();
  const acts = new ActWriters({ pool: projection, sealing });
  await new Retention({ pool: projection, acts, logger: silentLogger, days: null }).look();
  await acts.close();
  return (await new Ledger(projection).keys(shardId))[0] ?? '';
}

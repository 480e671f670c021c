import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { RecordedCluster } from '#libs/kubernetes';
import type { RecordingChoice, RecordingEnd } from '#libs/kubernetes';
import type { Pool } from '#libs/platform';
import type { RecorderNeeds } from '../recorder.js';
import type { RecorderStatus } from '../recorder-status.js';
import { startedRecorder, toldBy } from './recorders.js';
import type { Told } from './recorders.js';

/** The file of a recorded scenario in the corpus. */
export function corpusFile(scenario: string, kubelet = '1.36'): string {
  const file = `../../../../test/recordings/kubelet-${kubelet}/${scenario}.watch.jsonl.zst`;
  return fileURLToPath(new URL(file, import.meta.url));
}

/** Its lines, unpacked. */
export function corpusLines(scenario: string, kubelet?: string): string[] {
  const text = zstdDecompressSync(readFileSync(corpusFile(scenario, kubelet))).toString('utf8');
  return text.split('\n').filter((line) => line !== '');
}

/** Writes a file of its own folder and returns its path. */
export function fileOf(content: string | Uint8Array, name = 'recording.jsonl'): string {
  const file = join(mkdtempSync(join(tmpdir(), 'recording-')), name);
  writeFileSync(file, content);
  return file;
}

/** Records a recording to its end, stops in good order, and tells what the log holds of it. */
export async function recordFile(
  pool: Pool,
  choice: RecordingChoice,
  needs: Partial<RecorderNeeds> = {},
): Promise<Readonly<{ end: RecordingEnd; status: RecorderStatus; told: readonly Told[]; shardId: number }>> {
  const cluster = await RecordedCluster.open(choice);
  const { recorder } = startedRecorder('', pool, {
    cluster,
    source: 'recording',
    namespaces: cluster.namespaces,
    ...needs,
  });
  const end = await cluster.recorded.ended;
  // The recorder hears of the end when this does.
  await new Promise(setImmediate);
  const { status } = recorder;
  await recorder.stop();
  cluster.close();
  const shardId = status.shardId ?? 0;
  return { end, status, told: await toldBy(pool, shardId), shardId };
}

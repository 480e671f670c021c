// Starts the service as a newcomer does, waits for its first answer about a pod, and stops it as Ctrl-C does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const data = mkdtempSync(join(tmpdir(), 'initledger-start-'));
const port = 17411;
const { KUBECONFIG: _none, ...environment } = process.env;
const started = spawn('npm', ['start', '--', '--data', join(data, 'ledger'), '--port', String(port)], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: environment,
  detached: true,
});
const ended = once(started, 'exit');

const pods = await firstPods(Date.now() + 180_000);
process.kill(-(started.pid ?? 0), 'SIGINT');
const [code] = await Promise.race([ended, sleep(30_000, ['it did not stop within 30 s of Ctrl-C'], { ref: false })]);
rmSync(data, { recursive: true, force: true });
if (!pods || (code !== 0 && code !== null && code !== 130)) {
  console.error(pods ? `npm start ended with ${code}` : 'npm start did not answer with a pod within 180 s');
  process.exit(1);
}
console.log(`npm start answered with ${pods} pods and stopped`);

async function firstPods(until) {
  while (Date.now() < until && started.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/pods`).catch(() => undefined);
    const items = answer?.ok ? (await answer.json()).items : [];
    if (items.length > 0) return items.length;
    await sleep(500);
  }
  return 0;
}

import { startBenchDatabase } from './bench-database.js';
import { inProcess, startApi } from './processes.js';
import type { Task, Went } from './recorder-process.js';
import { tell, whole } from './table.js';

/**
 * The first list of many pods, until the watch is open; then another recorder that begins with what the first one kept, and one that finds
 * nothing kept and reads the whole log.
 */
export async function benchList({ pods }: Readonly<{ pods: number }>): Promise<void> {
  const database = await startBenchDatabase();
  const api = await startApi({ listed: pods, lived: 0, atOnce: 1, anotherCluster: false });
  try {
    const task: Task = { what: 'open', url: api.url, urls: database.urls, frames: 0, last: api.last };
    const first = await inProcess<Went>('recorder-process.ts', task);
    const again = await inProcess<Went>('recorder-process.ts', task);
    await database.owner.query('DELETE FROM recorder_state');
    const folding = await inProcess<Went>('recorder-process.ts', task);
    tell(`first list and restart: ${whole(pods)} pods`, [
      {
        what: 'first list until the watch is open, s',
        measured: first.seconds.toFixed(1),
        goal: 'below 60 with 150,000',
      },
      { what: 'resident memory at the beginning, MB', measured: whole(first.beganMb) },
      { what: 'most resident memory, MB', measured: whole(first.mostMb), goal: 'below 512 with 150,000' },
      { what: 'heap alive afterwards, bytes a pod', measured: whole(first.grownBytes / pods), goal: 'below 1,024' },
      { what: 'restart until the watch is open, s', measured: again.seconds.toFixed(1), goal: 'below 15 with 100,000' },
      { what: 'restart: most resident memory, MB', measured: whole(again.mostMb) },
      { what: 'restart where nothing was kept, s', measured: folding.seconds.toFixed(1) },
      { what: 'of that: most resident memory, MB', measured: whole(folding.mostMb) },
    ]);
  } finally {
    await api.stop();
    await database.stop();
  }
}

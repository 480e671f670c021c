import { Database } from '#libs/platform';
import { EventWriter } from '#libs/event-store';
import { someEvents, someShard } from '#testing/event-store';

import { startBenchDatabase } from './bench-database.js';
import { serveApi } from './processes.js';
import { fillReports, type Filled } from './report-rows.js';
import { percentiles, tell, whole, type Row } from './table.js';

/** How often each question is asked; the first tenth warms up and is not counted. */
const ASKED = 220;
const WARM_UP = 20;

type Question = Readonly<{ of: 'namespace' | 'fleet'; path: string }>;

/** What people look at: a day, a week and all of a month; of one namespace by workload, of the fleet by namespace. */
const questions: readonly Question[] = [
  { of: 'namespace', path: 'reports/durations?groupBy=workload&from=now-24h' },
  { of: 'namespace', path: 'reports/failures?groupBy=workload&from=now-7d' },
  { of: 'namespace', path: 'reports/restarts?from=now-30d&interval=1d' },
  { of: 'namespace', path: 'reports/durations?groupBy=workload' },
  { of: 'namespace', path: 'reports/durations?groupBy=container' },
  { of: 'fleet', path: 'reports/durations?from=now-24h' },
  { of: 'fleet', path: 'reports/failures?groupBy=namespace&from=now-7d' },
  { of: 'fleet', path: 'reports/restarts?from=now-30d&interval=1d' },
  { of: 'fleet', path: 'reports/durations?groupBy=namespace' },
  { of: 'fleet', path: 'reports/durations?groupBy=container' },
];

const goals = { namespace: 'p99 below 50 ms', fleet: 'p99 below 200 ms' };

/** Reports over many attempts, asked over HTTP; the floor is an answer of the same service that asks nobody. */
export async function benchReports(filled: Filled): Promise<void> {
  const { urls, owner, stop } = await startBenchDatabase();
  const database = new Database(urls);
  try {
    const shardId = await someShard(database.ingest);
    const writer = await EventWriter.open(database.ingest, shardId);
    await writer.append(someEvents(10));
    await writer.close();
    const began = performance.now();
    const attempts = await fillReports(owner, shardId, filled);
    const seconds = (performance.now() - began) / 1_000;
    const api = await serveApi(urls);
    try {
      const rows: Row[] = [{ what: 'floor: /livez', measured: told(await asked(api.url, () => '../../livez')) }];
      for (const { of, path } of questions) {
        const took = await asked(api.url, (nth) =>
          of === 'fleet' ? path : `${path}&namespace=ns-${nth % filled.namespaces}`,
        );
        rows.push({ what: `${of}: /${path}`, measured: told(took), goal: goals[of] });
      }
      tell(
        `reports: ${whole(attempts)} attempts of ${filled.workloads} workloads in ${filled.namespaces} namespaces and ${filled.days} days, filled in ${whole(seconds)} s; p50 / p99 ms`,
        rows,
      );
    } finally {
      await api.stop();
    }
  } finally {
    await database.close();
    await stop();
  }
}

const told = ({ p50, p99 }: Readonly<{ p50: number; p99: number }>): string => `${p50.toFixed(1)} / ${p99.toFixed(1)}`;

/** One question after the other, each answered in full before the next. */
async function asked(url: string, path: (nth: number) => string): Promise<{ p50: number; p99: number }> {
  const took: number[] = [];
  for (let nth = 0; nth < ASKED; nth += 1) {
    const began = performance.now();
    const answer = await fetch(`${url}/api/v1/${path(nth)}`);
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${path(nth)} was answered with ${answer.status}: ${body}`);
    if (nth >= WARM_UP) took.push(performance.now() - began);
  }
  return percentiles(took);
}

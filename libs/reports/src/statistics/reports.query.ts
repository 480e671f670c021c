import { Injectable } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import { askedHash } from '../asking/cursor.js';
import { parseDuration, parseTime, toTime } from '../asking/times.js';
import { pageOfAll, pinnedBy } from '../reading/pages.js';
import { metaOf, ReportReader, type Reading } from '../reading/report-reader.js';
import type { List } from '../shapes/common.js';
import type { DurationRow, FailureRow, ReportFilter, RestartRow } from './report.schema.js';
import { runningOf } from './running.js';
import type { StatsAsked } from './stats-source.js';
import { quantileSeconds, tallies, type Group, type Grouping, type Tally } from './tally.js';

/** One group of a report: what ended in it, and what has not. */
type Counted = Readonly<{ tally: Tally; running: number; runningInitRestarts: number }>;

/** Reports over everything that ended in a span: how long, how often, why it failed. */
@Injectable()
export class ReportsQuery {
  constructor(private readonly reader: ReportReader) {}

  /** How long initializations (or attempts) took. Only exact durations of successes are measured. */
  durations(viewer: Viewer, filter: ReportFilter): Promise<List<DurationRow>> {
    return this.report('reports/durations', viewer, filter, (reading, asked, group) => [durationRow(reading, asked, group)]);
  }

  /** What failed, by category. */
  failures(viewer: Viewer, filter: ReportFilter): Promise<List<FailureRow>> {
    return this.report('reports/failures', viewer, filter, (reading, asked, group) => failureRows(reading, asked, group, filter.category));
  }

  /** How often init containers were run again. */
  restarts(viewer: Viewer, filter: ReportFilter): Promise<List<RestartRow>> {
    return this.report('reports/restarts', viewer, filter, (reading, asked, group) => [restartRow(reading, asked, group)]);
  }

  private report<Row>(
    name: string,
    viewer: Viewer,
    filter: ReportFilter,
    toRows: (reading: Reading, asked: StatsAsked, group: Counted) => Row[],
  ): Promise<List<Row>> {
    const { format: _format, ...question } = filter;
    const hash = askedHash(name, question);
    const cursor = pinnedBy(filter.cursor, hash);
    return this.reader.read(
      viewer,
      filter,
      async (reading) => {
        const asked = statsAsked(reading, filter);
        const all = (await countedGroups(reading, asked, groupingOf(filter))).flatMap((group) => toRows(reading, asked, group));
        const { items, page, cursorAt } = pageOfAll(all, { limit: filter.limit, hash, cursor, place: reading.place });
        return { items, page, cursorAt, meta: await metaOf(reading, { from: asked.from, to: asked.to, clusters: filter.cluster }) };
      },
      cursor?.place,
    );
  }
}

const statsAsked = (reading: Reading, filter: ReportFilter): StatsAsked => ({
  from: filter.from === undefined ? null : (parseTime(filter.from, reading.asOf) ?? null),
  to: filter.to === undefined ? null : (parseTime(filter.to, reading.asOf) ?? null),
  cluster: filter.cluster,
  namespace: filter.namespace,
  workload: filter.workload,
  revision: filter.revision,
  container: filter.container,
  any: filter.initContainers === 'any',
  of: filter.container || filter.groupBy?.includes('container') ? 'attempt' : 'initialization',
});

const groupingOf = ({ groupBy, interval, initContainers }: ReportFilter): Grouping => ({
  by: groupBy ?? [],
  intervalSeconds: interval === undefined ? null : (parseDuration(interval) ?? null),
  apart: initContainers === 'any',
});

/** What ended and what has not, side by side; with an interval, what has not ended is in no interval. */
export async function countedGroups(reading: Reading, asked: StatsAsked, grouping: Grouping): Promise<Counted[]> {
  const ended = await tallies(reading, asked, grouping);
  const running = await runningOf(reading, asked, grouping);
  const groups = new Map<string, Counted>(ended.map((tally) => [groupText(tally), { tally, running: 0, runningInitRestarts: 0 }]));
  for (const { running: count, initRestarts, ...group } of running) {
    const key = groupText(group);
    const tally = groups.get(key)?.tally ?? { ...group, ...nothingEnded };
    groups.set(key, { tally, running: count, runningInitRestarts: initRestarts });
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

const groupText = ({ bucket, shardId, namespace, kind, name, revision, container, hasInit }: Group): string =>
  JSON.stringify([bucket === null ? 'z' : toTime(bucket), shardId, namespace, kind, name, revision, container, hasInit]);

const nothingEnded = {
  ended: 0,
  succeeded: 0,
  failed: 0,
  aborted: 0,
  unknown: 0,
  missed: 0,
  restarts: 0,
  bounded: 0,
  durationCount: 0,
  durationSeconds: 0,
  categories: new Map<string, number>(),
  buckets: {},
};

const common = (reading: Reading, asked: StatsAsked, { tally, running }: Counted) => ({
  bucket: tally.bucket === null ? null : toTime(tally.bucket),
  of: asked.of,
  initContainers: tally.hasInit,
  cluster: reading.shards.find(({ shardId }) => shardId === tally.shardId)?.cluster ?? null,
  namespace: tally.namespace,
  workloadKind: tally.kind,
  workloadName: tally.name,
  revision: tally.revision === '' ? null : tally.revision,
  container: tally.container,
  ended: tally.ended,
  succeeded: tally.succeeded,
  failed: tally.failed,
  aborted: tally.aborted,
  unknown: tally.unknown,
  running,
});

/** The measures of a tally's exact durations. */
export const measures = (tally: Tally) => ({
  exactCount: tally.durationCount,
  boundedCount: tally.bounded,
  meanSeconds: tally.durationCount === 0 ? null : Math.round((tally.durationSeconds / tally.durationCount) * 1000) / 1000,
  p50Seconds: quantileSeconds(tally, 0.5),
  p90Seconds: quantileSeconds(tally, 0.9),
  p95Seconds: quantileSeconds(tally, 0.95),
  p99Seconds: quantileSeconds(tally, 0.99),
});

const durationRow = (reading: Reading, asked: StatsAsked, group: Counted): DurationRow => ({
  ...common(reading, asked, group),
  ...measures(group.tally),
});

function failureRows(reading: Reading, asked: StatsAsked, group: Counted, chosen: readonly string[] | undefined): FailureRow[] {
  const { tally } = group;
  const said = [...tally.categories].filter(([category]) => !chosen || chosen.includes(category)).toSorted(([, a], [, b]) => b - a);
  const rows = said.map(([category, failures]) => ({
    ...common(reading, asked, group),
    category: category as FailureRow['category'],
    failures,
    share: tally.ended === 0 ? null : failures / tally.ended,
  }));
  return rows.length > 0 || chosen ? rows : [{ ...common(reading, asked, group), category: null, failures: 0, share: tally.ended === 0 ? null : 0 }];
}

const restartRow = (reading: Reading, asked: StatsAsked, group: Counted): RestartRow => ({
  ...common(reading, asked, group),
  initRestarts: group.tally.restarts,
  missedAttempts: group.tally.missed,
  perInitialization: asked.of === 'initialization' && group.tally.ended > 0 ? group.tally.restarts / group.tally.ended : null,
  runningInitRestarts: group.runningInitRestarts,
});

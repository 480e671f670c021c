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
import { emptyTally, quantileSeconds, tallies, type Group, type Grouping, type Tally, type Wanted } from './tally.js';

/** One group of a report: what ended in it, and what has not. */
type Counted = Readonly<{ tally: Tally; running: number; runningInitRestarts: number }>;

type Of = StatsAsked['of'];
type ToRows<Row> = (reading: Reading, asked: StatsAsked, group: Counted) => Row[];

/** One kind of report: `of` is what it counts unless told, each kind in rows of its own; `wanted` what its rows tell of a tally. */
type Report<Row> = Readonly<{ name: string; of: readonly Of[]; wanted: Wanted; toRows: ToRows<Row> }>;

/** Reports over everything that ended in a span: how long, how often, why it failed. */
@Injectable()
export class ReportsQuery {
  constructor(private readonly reader: ReportReader) {}

  /** How long initializations (or attempts) took. Only exact durations of successes are measured. */
  durations(viewer: Viewer, filter: ReportFilter): Promise<List<DurationRow>> {
    return this.report(viewer, filter, {
      name: 'reports/durations',
      of: ['initialization'],
      wanted: { histograms: true, categories: false },
      toRows: (reading, asked, group) => [durationRow(reading, asked, group)],
    });
  }

  /** What failed, by category. */
  failures(viewer: Viewer, filter: ReportFilter): Promise<List<FailureRow>> {
    return this.report(viewer, filter, {
      name: 'reports/failures',
      of: ['initialization', 'attempt'],
      wanted: { histograms: false, categories: true },
      toRows: (reading, asked, group) => failureRows(reading, asked, group, filter.category),
    });
  }

  /** How often init containers were run again. */
  restarts(viewer: Viewer, filter: ReportFilter): Promise<List<RestartRow>> {
    return this.report(viewer, filter, {
      name: 'reports/restarts',
      of: ['initialization'],
      wanted: { histograms: false, categories: false },
      toRows: (reading, asked, group) => [restartRow(reading, asked, group)],
    });
  }

  private report<Row>(viewer: Viewer, filter: ReportFilter, report: Report<Row>): Promise<List<Row>> {
    const { format: _format, ...question } = filter;
    const hash = askedHash(report.name, question);
    const cursor = pinnedBy(filter.cursor, hash);
    return this.reader.read(
      viewer,
      filter,
      async (reading) => {
        const asked = statsAsked(reading, filter, report.of);
        const all = await allRows(reading, asked, groupingOf(filter), report);
        const { items, page, cursorAt } = pageOfAll(all, { limit: filter.limit, hash, cursor, place: reading.place });
        const { from, to } = spanOf(reading, filter);
        return { items, page, cursorAt, meta: await metaOf(reading, { from, to, clusters: filter.cluster }) };
      },
      cursor?.place,
    );
  }
}

const spanOf = (reading: Reading, { from, to }: ReportFilter): Pick<StatsAsked, 'from' | 'to'> => ({
  from: from === undefined ? null : (parseTime(from, reading.asOf) ?? null),
  to: to === undefined ? null : (parseTime(to, reading.asOf) ?? null),
});

/** What is counted, each kind apart: initializations, attempts, or one after the other. */
function statsAsked(reading: Reading, filter: ReportFilter, ofByDefault: readonly Of[]): readonly StatsAsked[] {
  const ofContainers: readonly Of[] =
    filter.container || filter.groupBy?.includes('container') ? ['attempt'] : ofByDefault;
  return (filter.of ? [filter.of] : ofContainers).map((of) => ({
    ...spanOf(reading, filter),
    cluster: filter.cluster,
    namespace: filter.namespace,
    workload: filter.workload,
    revision: filter.revision,
    container: filter.container,
    any: filter.initContainers === 'any',
    of,
  }));
}

async function allRows<Row>(
  reading: Reading,
  asked: readonly StatsAsked[],
  grouping: Grouping,
  { wanted, toRows }: Report<Row>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of asked) {
    const groups = await countedGroups(reading, one, grouping, wanted);
    rows.push(...groups.flatMap((group) => toRows(reading, one, group)));
  }
  return rows;
}

const groupingOf = ({ groupBy, interval, initContainers }: ReportFilter): Grouping => ({
  by: groupBy ?? [],
  intervalSeconds: interval === undefined ? null : (parseDuration(interval) ?? null),
  apart: initContainers === 'any',
});

/** What ended and what has not, side by side; with an interval, what has not ended is in no interval. */
export async function countedGroups(
  reading: Reading,
  asked: StatsAsked,
  grouping: Grouping,
  wanted: Wanted = { histograms: true, categories: true },
): Promise<Counted[]> {
  const ended = await tallies(reading, asked, grouping, wanted);
  const running = await runningOf(reading, asked, grouping);
  const groups = new Map<string, Counted>(
    ended.map((tally) => [groupText(tally), { tally, running: 0, runningInitRestarts: 0 }]),
  );
  for (const { running: count, initRestarts, ...group } of running) {
    const key = groupText(group);
    const tally = groups.get(key)?.tally ?? emptyTally(group);
    groups.set(key, { tally, running: count, runningInitRestarts: initRestarts });
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

const groupText = ({ bucket, shardId, namespace, kind, name, revision, container, hasInit }: Group): string =>
  JSON.stringify([
    bucket === null ? 'z' : toTime(bucket),
    shardId,
    namespace,
    kind,
    name,
    revision,
    container,
    hasInit,
  ]);

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

type Measures = Pick<
  DurationRow,
  'exactCount' | 'boundedCount' | 'meanSeconds' | 'p50Seconds' | 'p90Seconds' | 'p95Seconds' | 'p99Seconds'
>;

/** The measures of a tally's exact durations. */
export const measures = (tally: Tally): Measures => ({
  exactCount: tally.durationCount,
  boundedCount: tally.bounded,
  meanSeconds:
    tally.durationCount === 0 ? null : Math.round((tally.durationSeconds / tally.durationCount) * 1000) / 1000,
  p50Seconds: quantileSeconds(tally, 0.5),
  p90Seconds: quantileSeconds(tally, 0.9),
  p95Seconds: quantileSeconds(tally, 0.95),
  p99Seconds: quantileSeconds(tally, 0.99),
});

const durationRow = (reading: Reading, asked: StatsAsked, group: Counted): DurationRow => ({
  ...common(reading, asked, group),
  ...measures(group.tally),
});

function failureRows(
  reading: Reading,
  asked: StatsAsked,
  group: Counted,
  chosen: readonly string[] | undefined,
): FailureRow[] {
  const { tally } = group;
  const said = [...tally.categories]
    .filter(([category]) => !chosen || chosen.includes(category))
    .toSorted(([, a], [, b]) => b - a);
  const rows = said.map(([category, failures]) => ({
    ...common(reading, asked, group),
    category: category as FailureRow['category'],
    failures,
    share: tally.ended === 0 ? null : failures / tally.ended,
  }));
  return rows.length > 0 || chosen
    ? rows
    : [{ ...common(reading, asked, group), category: null, failures: 0, share: tally.ended === 0 ? null : 0 }];
}

const restartRow = (reading: Reading, asked: StatsAsked, group: Counted): RestartRow => ({
  ...common(reading, asked, group),
  initRestarts: group.tally.restarts,
  missedAttempts: group.tally.missed,
  perInitialization:
    asked.of === 'initialization' && group.tally.ended > 0 ? group.tally.restarts / group.tally.ended : null,
  runningInitRestarts: group.runningInitRestarts,
});

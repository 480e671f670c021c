import { Injectable } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import { confidences, waitClusters, type WaitCluster } from '#libs/init-history';
import { askedHash } from '../asking/cursor.js';
import { parseDuration, parseTime, toTime } from '../asking/times.js';
import { pageOfAll, pinnedBy } from '../reading/pages.js';
import { presentOf } from '../reading/present.js';
import { metaOf, ReportReader, type Reading } from '../reading/report-reader.js';
import type { List } from '../shapes/common.js';
import type { DependencyFilter, DependencyRow } from './dependency.schema.js';
import { waitsOf, type NamedWait } from './waits.js';

/** Names that a row has at most. */
const mostNames = 20;

/** Tells for what pods waited, and when many waited for the same. */
@Injectable()
export class DependenciesQuery {
  constructor(private readonly reader: ReportReader) {}

  /**
   * Spans in which pods that the viewer may see waited for one target, most pods first.
   *
   * @throws AuditError `query-invalid`, `cursor-invalid`, `history-expired`, `position-ahead`
   */
  list(viewer: Viewer, filter: DependencyFilter): Promise<List<DependencyRow>> {
    const { format: _format, ...question } = filter;
    const hash = askedHash('reports/dependencies', question);
    const cursor = pinnedBy(filter.cursor, hash);
    return this.reader.read(
      viewer,
      filter,
      async (reading) => {
        const span = spanOf(reading, filter);
        const rows = await rowsOf(reading, filter, span);
        const { items, page, cursorAt } = pageOfAll(rows, { limit: filter.limit, hash, cursor, place: reading.place });
        return { items, page, cursorAt, meta: await metaOf(reading, { ...span, clusters: filter.cluster }) };
      },
      cursor?.place,
    );
  }
}

type Span = Readonly<{ from: number | null; to: number | null }>;

const spanOf = (reading: Reading, { from, to }: DependencyFilter): Span => ({
  from: from === undefined ? null : (parseTime(from, reading.asOf) ?? null),
  to: to === undefined ? null : (parseTime(to, reading.asOf) ?? null),
});

async function rowsOf(reading: Reading, filter: DependencyFilter, span: Span): Promise<DependencyRow[]> {
  const { cluster, namespace, workload, container, target, minPods } = filter;
  const minSeconds = parseDuration(filter.minDuration) ?? 0;
  const all = await waitsOf(reading, { ...span, minSeconds, cluster, namespace, workload, container });
  const asked = target ? chosen(all, target) : all;
  const join = parseDuration(filter.join) ?? 0;
  return [...Map.groupBy(asked, ({ shardId }) => shardId)]
    .flatMap(([shardId, waits]) =>
      waitClusters(waits, presentOf(reading, shardId), join).map((one) => toRow(reading, shardId, one)),
    )
    .filter(({ pods }) => pods >= minPods)
    .toSorted((a, b) => b.pods - a.pods || a.from.localeCompare(b.from) || a.endpoint.localeCompare(b.endpoint));
}

/** Waits on what any of the pods calls by one of these names: within its namespace it is `db`, for others `db.shop`. */
function chosen(waits: readonly NamedWait[], names: readonly string[]): readonly NamedWait[] {
  const meant = waits.filter(
    ({ endpoint, dependency }) => names.includes(endpoint) || names.includes(dependency.target),
  );
  const endpoints = new Set(meant.map(({ endpoint }) => endpoint));
  return waits.filter(({ endpoint }) => endpoints.has(endpoint));
}

function toRow(reading: Reading, shardId: number, cluster: WaitCluster<NamedWait>): DependencyRow {
  const { waits } = cluster;
  const namespaces = distinct(waits.map(({ namespace }) => namespace));
  const workloads = distinct(waits.map(({ namespace, workload }) => `${namespace}/${workload}`));
  const best = waits.map(({ dependency }) => dependency).toSorted(byConfidence)[0]!;
  return {
    cluster: reading.shards.find((shard) => shard.shardId === shardId)?.cluster ?? '',
    target: mostFrequent(waits.map(({ dependency }) => dependency.target)),
    endpoint: cluster.endpoint,
    kind: best.kind,
    protocol: best.protocol,
    confidence: best.confidence,
    from: toTime(cluster.from),
    to: cluster.to === null ? null : toTime(cluster.to),
    pods: cluster.pods,
    peak: cluster.peak,
    open: cluster.open,
    namespaces: namespaces.length,
    workloads: workloads.length,
    podSeconds: rounded(cluster.podSeconds),
    longestSeconds: rounded(cluster.longestSeconds),
    namespaceNames: namespaces.slice(0, mostNames),
    workloadNames: workloads.slice(0, mostNames),
    podNames: distinct(waits.map(({ namespace, podName }) => `${namespace}/${podName}`)).slice(0, mostNames),
  };
}

const byConfidence = (a: NamedWait['dependency'], b: NamedWait['dependency']): number =>
  confidences.indexOf(a.confidence) - confidences.indexOf(b.confidence);

const distinct = (names: readonly string[]): string[] => [...new Set(names)].toSorted();

/** The first of those that are there most often. */
function mostFrequent(names: readonly string[]): string {
  const [first] = [...Map.groupBy(names, (name) => name)].toSorted(([, a], [, b]) => b.length - a.length);
  return first?.[0] ?? '';
}

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;

import { Injectable } from '@nestjs/common';
import { seesAll, type Viewer } from '#libs/access';
import { phasesOfTime } from '#libs/init-history';
import { AuditError, Metrics, type Exposition } from '#libs/platform';
import { ReportReader, type Reading } from '../reading/report-reader.js';
import { Collector } from './collector.js';
import { Counts, HistogramCounts } from './counts.js';
import {
  attemptDelta,
  initializationDelta,
  phaseDelta,
  startDelta,
  type AttemptDelta,
  type Between,
  type DurationDelta,
} from './deltas.js';
import { expose, type Family } from './exposition.js';
import { gapFamilies, namespacesWatched, progressFamilies, stuckFamilies } from './standing.js';

/** So many namespaces get series of their own; the others share one. */
const namespacesApart = 500;
const others = '_other';

const cycleOutcomes = ['completed', 'failed', 'aborted', 'unknown'] as const;
const attemptOutcomes = ['succeeded', 'failed', 'oom_killed', 'unknown'] as const;

type Counted = Readonly<{ position: number; rules: string }>;

/** What changed in the counts of a shard. */
type ShardDeltas = Readonly<{
  shardId: number;
  counted: Counted;
  durations: readonly DurationDelta[];
  phases: readonly DurationDelta[];
  starts: readonly AttemptDelta[];
  attempts: readonly AttemptDelta[];
}>;

/**
 * What Prometheus is told. Counters are counts over the read models, kept by adding what each new position changed: a restart
 * seeds them, and a rebuild, which tells the same again, does not count it again. Where the database does not answer, counters are as
 * they were counted last, what is so at the moment is left out, and what the process itself knows is told.
 */
@Injectable()
export class ReportMetrics {
  private readonly counted = new Map<number, Counted>();
  private readonly namespaces = new Set<string>();
  private readonly durations = new HistogramCounts();
  private readonly phases = new HistogramCounts();
  private readonly starts = new Counts();
  private readonly attempts = new Counts();
  private readonly overflow = new Set<string>();
  private readonly counting: Collector<void>;
  private readonly standing: readonly Collector<Family[]>[];

  constructor(
    private readonly reader: ReportReader,
    private readonly metrics: Metrics,
  ) {
    this.counting = this.collector('podinit_starts', (reading) => this.count(reading));
    this.standing = [
      this.collector('podinit_stuck_pods', stuckFamilies),
      this.collector('podinit_watch_gap_seconds', gapFamilies),
      this.collector('podinit_eventstore_position', progressFamilies),
    ];
  }

  /**
   * The exposition, in OpenMetrics where `accept` asks for it, else in the text format.
   *
   * @throws AuditError `forbidden` where the viewer may not `get` the path `/metrics`
   */
  async expose(viewer: Viewer, accept: string | undefined): Promise<Exposition> {
    if (!viewer.metrics) throw new AuditError('forbidden', 'The right to get the path /metrics is missing');
    const [, ...standing] = await Promise.all([
      this.counting.collect(),
      ...this.standing.map((collector) => collector.collect()),
    ]);
    const families = [...this.countedFamilies(), ...standing.flatMap((some) => some ?? [])];
    const process = await this.metrics.expose(accept);
    if (!process.contentType.includes('openmetrics'))
      return { ...process, body: `${process.body.trimEnd()}\n${expose(families, 'text')}` };
    const open = process.body.replace(/# EOF\s*$/, '');
    return { ...process, body: `${open}${expose(families, 'openMetrics')}# EOF\n` };
  }

  /** @param metric one of those that it tells, by which it is said that it could not */
  private collector<Told>(metric: string, tell: (reading: Reading) => Promise<Told>): Collector<Told> {
    return new Collector(
      () => this.reader.read(seesAll('metrics'), {}, tell),
      () => this.metrics.notTold(metric),
    );
  }

  private countedFamilies(): Family[] {
    return [
      {
        name: 'podinit_duration_seconds',
        help: 'How long initializations took that ended; exact durations alone',
        type: 'histogram',
        samples: this.durations.samples(),
      },
      {
        name: 'podinit_phase_duration_seconds',
        help: 'Where the time of initializations went',
        type: 'histogram',
        samples: this.phases.samples(),
      },
      {
        name: 'podinit_starts',
        help: 'Initializations that ended',
        type: 'counter',
        samples: this.starts.samples('_total'),
      },
      {
        name: 'podinit_container_attempts',
        help: 'Attempts of init containers that ended',
        type: 'counter',
        samples: this.attempts.samples('_total'),
      },
      {
        name: 'podinit_metrics_series_dropped',
        help: 'Namespaces that share the series of _other, because there are too many',
        type: 'counter',
        samples: [{ suffix: '_total', labels: { metric: 'podinit_duration_seconds' }, value: this.overflow.size }],
      },
    ];
  }

  /** All is read before anything is counted: a scrape never meets half of it, nor counters that were forgotten and not counted again. */
  private async count(reading: Reading): Promise<void> {
    const isOther = reading.progress.some(({ shardId, rules }) => {
      const counted = this.counted.get(shardId);
      return counted !== undefined && counted.rules !== rules;
    });
    const watched = await namespacesWatched(reading);
    const deltas: ShardDeltas[] = [];
    for (const { shardId, projected, rules } of reading.progress) {
      const after = isOther ? -1 : (this.counted.get(shardId)?.position ?? -1);
      // Behind what was counted: a rebuild is on its way, and will tell the same again.
      if (projected <= after) continue;
      const counted = { position: projected, rules: rules ?? '' };
      deltas.push({ ...(await deltasOf(reading, { shardId, after, upTo: projected })), shardId, counted });
    }
    if (isOther) this.forget();
    for (const phase of phasesOfTime) this.phases.know({ phase });
    for (const { namespace } of watched) this.labelOf(namespace);
    for (const each of deltas) this.countShard(each);
  }

  private countShard({ shardId, counted, durations, phases, starts, attempts }: ShardDeltas): void {
    for (const one of durations)
      this.durations.add({ namespace: this.labelOf(one.namespace), outcome: one.label }, one.bucket, toAdded(one));
    for (const one of phases) this.phases.add({ phase: one.label }, one.bucket, toAdded(one));
    for (const one of starts) this.starts.add(this.outcomeOf(one), one.count);
    for (const one of attempts) this.attempts.add(this.outcomeOf(one), one.count);
    this.counted.set(shardId, counted);
  }

  private readonly outcomeOf = ({ namespace, outcome }: AttemptDelta): Readonly<Record<string, string>> => ({
    namespace: this.labelOf(namespace),
    outcome,
  });

  /** The namespace as a label; a new one is told with zeros of every outcome first. */
  private labelOf(namespace: string): string {
    if (this.namespaces.has(namespace)) return namespace;
    const isOne = this.namespaces.size < namespacesApart;
    if (!isOne) this.overflow.add(namespace);
    const label = isOne ? namespace : others;
    this.namespaces.add(label);
    for (const outcome of cycleOutcomes) {
      this.durations.know({ namespace: label, outcome });
      this.starts.add({ namespace: label, outcome }, 0);
    }
    for (const outcome of attemptOutcomes) this.attempts.add({ namespace: label, outcome }, 0);
    return label;
  }

  private forget(): void {
    for (const counts of [this.durations, this.phases, this.starts, this.attempts]) counts.clear();
    this.counted.clear();
    this.namespaces.clear();
  }
}

const deltasOf = async ({ snapshot }: Reading, between: Between) => ({
  durations: await initializationDelta(snapshot, between),
  phases: await phaseDelta(snapshot, between),
  starts: await startDelta(snapshot, between),
  attempts: await attemptDelta(snapshot, between),
});

const toAdded = ({ count, sum, pod_uid, last, ended }: DurationDelta) => ({
  count,
  sum,
  // A pod's UID without dashes is its trace id: 32 characters, well under the 128 that OpenMetrics allows.
  exemplar:
    pod_uid === null || last === null || ended === null
      ? undefined
      : { traceId: pod_uid.replaceAll('-', ''), value: last, at: ended },
});

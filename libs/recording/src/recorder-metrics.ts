import type { Slice } from '#libs/kubernetes';
import type { Metrics } from '#libs/platform';
import type { AppenderListener } from './appender.js';
import type { TailOutcome } from './log-tails/index.js';
import type { RecorderStatus } from './recorder-status.js';
import type { WatchListener } from './watch-status.js';

/** What the recorder counts. Labels are resources, types and reasons: closed sets. */
export class RecorderMetrics {
  readonly watch: WatchListener;
  readonly appender: AppenderListener;
  readonly unknownPath: (path: string, kept: boolean) => void;
  readonly logTail: (outcome: TailOutcome) => void;

  /** @param slice which part is recorded, once that is known */
  constructor(metrics: Metrics, status: () => RecorderStatus, slice: () => Slice | undefined) {
    this.watch = watchCounters(metrics);
    this.appender = appenderCounters(metrics);
    const unknownPaths = metrics.counter({
      name: 'initledger_recorder_unknown_paths_total',
      help: 'Fields of objects that no list of kept paths names',
      labels: ['kept'],
    });
    this.unknownPath = (_path, kept) => unknownPaths.inc({ kept: String(kept) });
    const tails = metrics.counter({
      name: 'initledger_recorder_log_tails_total',
      help: 'Logs of failed attempts that were wanted, by how that ended',
      labels: ['outcome'],
    });
    this.logTail = (outcome) => tails.inc({ outcome });
    gauges(metrics, status);
    sliceGauges(metrics, slice);
  }
}

function watchCounters(metrics: Metrics): WatchListener {
  const frames = metrics.counter({
    name: 'initledger_recorder_frames_total',
    help: 'Objects that lists and watches showed',
    labels: ['watch'],
  });
  const repeated = metrics.counter({
    name: 'initledger_recorder_repeated_frames_total',
    help: 'Frames that showed what had been seen',
    labels: ['watch'],
  });
  const observations = metrics.counter({
    name: 'initledger_recorder_observations_total',
    help: 'Observations made',
    labels: ['type'],
  });
  const ends = metrics.counter({
    name: 'initledger_recorder_watch_ends_total',
    help: 'Watches and lists that were over, by how',
    labels: ['watch', 'reason'],
  });
  const gaps = metrics.counter({
    name: 'initledger_recorder_gap_seconds_total',
    help: 'Time in which changes may have gone unseen',
    labels: ['watch', 'cause'],
  });
  return {
    frames: (watch, count, again) => {
      frames.inc({ watch }, count);
      if (again > 0) repeated.inc({ watch }, again);
    },
    observed: (drafts) => {
      for (const { type } of drafts) observations.inc({ type });
    },
    ended: (watch, reason) => ends.inc({ watch, reason }),
    gap: (watch, cause, seconds) => gaps.inc({ watch, cause }, Math.max(0, seconds)),
  };
}

function appenderCounters(metrics: Metrics): AppenderListener {
  const sizes = metrics.histogram(
    { name: 'initledger_recorder_batch_events', help: 'Observations of one transaction' },
    [0, 1, 2, 5, 10, 50, 100, 500, 1000, 2000],
  );
  const seconds = metrics.histogram(
    { name: 'initledger_recorder_append_seconds', help: 'Time of one durable append' },
    [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
  );
  const failures = metrics.counter({
    name: 'initledger_recorder_append_failures_total',
    help: 'Appends that failed and were tried again',
  });
  return {
    appended: (batch) => {
      sizes.observe(batch.events);
      seconds.observe(batch.seconds);
    },
    failed: () => failures.inc(),
  };
}

function gauges(metrics: Metrics, status: () => RecorderStatus): void {
  metrics.gauge(
    { name: 'initledger_recorder_queued_events', help: 'Observations that wait for their transaction' },
    (gauge) => gauge.set(status().queued),
  );
  metrics.gauge(
    { name: 'initledger_recorder_known_objects', help: 'Live objects that are known', labels: ['watch'] },
    (gauge) => {
      gauge.reset();
      for (const { watch, known } of status().watches) gauge.set({ watch }, known);
    },
  );
  metrics.gauge(
    { name: 'initledger_recorder_watch_up', help: 'Whether a watch is open', labels: ['watch'] },
    (gauge) => {
      gauge.reset();
      for (const { watch, state } of status().watches) gauge.set({ watch }, state === 'watching' ? 1 : 0);
    },
  );
}

function sliceGauges(metrics: Metrics, slice: () => Slice | undefined): void {
  metrics.gauge(
    {
      name: 'initledger_recorder_divided_by_server',
      help: 'Whether the API server leaves out pods of other slices; of slices by range only',
    },
    (gauge) => {
      gauge.reset();
      const selector = slice()?.selector;
      if (selector) gauge.set(selector.isHeeded ? 1 : 0);
    },
  );
  metrics.gauge(
    { name: 'initledger_recorder_passed_objects', help: 'Objects of other slices that were sent all the same, so far' },
    (gauge) => gauge.set(slice()?.passedOver ?? 0),
  );
}

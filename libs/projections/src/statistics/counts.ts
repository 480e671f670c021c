/** What is counted of cycles and attempts that ended; the columns of `workload_stats` have the same names. */
export const countNames = [
  'ended',
  'succeeded',
  'failed',
  'aborted',
  'unknown',
  'missed',
  'restarts',
  'bounded',
] as const;

export type Counts = Record<(typeof countNames)[number], number>;

/** Nothing was counted yet. A new object each time, to count in. */
export const noCounts = (): Counts => ({
  ended: 0,
  succeeded: 0,
  failed: 0,
  aborted: 0,
  unknown: 0,
  missed: 0,
  restarts: 0,
  bounded: 0,
});

/** The columns of `workload_stats` that are sums. */
export const summedColumns = [...countNames, 'duration_ms', 'duration_count'] as const;

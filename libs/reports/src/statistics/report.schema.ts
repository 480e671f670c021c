import { z } from 'zod';
import { categories } from '#libs/init-history';
import { DurationParameter, Names, paging, several, span, viewpointAt, WorkloadName } from '../asking/parameters.js';
import { parseDuration } from '../asking/times.js';
import { Time } from '../shapes/common.js';
import { Category } from '../shapes/pod.js';
import { dimensions } from './tally.js';

const isWholeHours = (text: string): boolean => {
  const seconds = parseDuration(text);
  return seconds !== undefined && seconds >= 3_600 && seconds % 3_600 === 0;
};

const Counted = z.enum(['initialization', 'attempt']).meta({ id: 'Counted', description: 'What a row counts' });

/** What all reports are asked with. */
export const ReportFilter = z.strictObject({
  cluster: Names.describe('Repeatable'),
  namespace: Names.describe('Repeatable'),
  workload: several(WorkloadName).describe('Kind/name; repeatable'),
  revision: Names.describe('Repeatable'),
  container: Names.describe('Attempts of this init container, instead of whole initializations; repeatable'),
  category: several(z.enum(categories)).describe('Of failures; repeatable'),
  groupBy: several(z.enum(dimensions)).describe(
    'One row for each; container counts attempts instead of whole initializations. Repeatable',
  ),
  of: Counted.optional().describe(
    'Whole initializations, or attempts of their containers. Unless told: initializations, attempts where containers are asked for, and both, in rows of their own, of failures',
  ),
  ...span,
  interval: DurationParameter.refine(isWholeHours, { error: 'must be whole hours, such as 1h or 1d' })
    .optional()
    .describe('One row for each span of this length, by the time of the end'),
  initContainers: z.enum(['any']).optional().describe('any: also pods without init containers, in rows of their own'),
  format: z.enum(['json', 'csv']).optional().describe('Unless told, as Accept asks'),
  ...paging,
  ...viewpointAt,
});
export type ReportFilter = z.infer<typeof ReportFilter>;

/** What every row of a report says of itself; null where it was not grouped by that. */
const grouped = {
  bucket: Time.nullable().describe(
    'Start of the interval in which it ended; null without interval, and for what has not ended',
  ),
  of: Counted,
  initContainers: z.boolean().describe('False: pods that have none, told apart'),
  cluster: z.string().nullable(),
  namespace: z.string().nullable(),
  workloadKind: z.string().nullable(),
  workloadName: z.string().nullable(),
  revision: z.string().nullable(),
  container: z.string().nullable(),
};

const counted = {
  ended: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  aborted: z.int(),
  unknown: z.int(),
  running: z.int().describe('Has not ended; in no other count'),
};

const measured = {
  exactCount: z.int().describe('Successes whose duration is exact: what the figures are made of'),
  boundedCount: z.int().describe('Successes whose duration is only known to lie in a span'),
  meanSeconds: z.number().nullable(),
  p50Seconds: z.number().nullable(),
  p90Seconds: z.number().nullable(),
  p95Seconds: z.number().nullable(),
  p99Seconds: z.number().nullable(),
};

export const DurationRow = z.object({ ...grouped, ...counted, ...measured }).meta({ id: 'DurationRow' });
export type DurationRow = z.infer<typeof DurationRow>;

export const FailureRow = z
  .object({
    ...grouped,
    ...counted,
    category: Category.nullable().describe('Null in the row that counts what did not fail'),
    failures: z.int().describe('Of this category; aborted initializations counted'),
    share: z.number().nullable().describe('Of what ended'),
  })
  .meta({ id: 'FailureRow' });
export type FailureRow = z.infer<typeof FailureRow>;

export const RestartRow = z
  .object({
    ...grouped,
    ...counted,
    initRestarts: z
      .int()
      .describe('Attempts beyond the first of each init container, missed ones counted, of what ended'),
    missedAttempts: z.int(),
    perInitialization: z.number().nullable(),
    runningInitRestarts: z.int().describe('Of what has not ended'),
  })
  .meta({ id: 'RestartRow' });
export type RestartRow = z.infer<typeof RestartRow>;

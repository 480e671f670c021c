import { z } from 'zod';
import { Names, paging, several, span, viewpointAt, WorkloadName } from '../asking/parameters.js';
import { Time } from '../shapes/common.js';
import { Category, Workload } from '../shapes/pod.js';

export const WorkloadsFilter = z.strictObject({
  cluster: Names.describe('Repeatable'),
  namespace: Names.describe('Repeatable'),
  workload: several(WorkloadName).describe('Kind/name; repeatable'),
  ...span,
  initContainers: z.enum(['any']).optional().describe('any: also workloads whose pods have no init containers'),
  ...paging,
  ...viewpointAt,
});
export type WorkloadsFilter = z.infer<typeof WorkloadsFilter>;

export const WorkloadFilter = z.strictObject({ ...span, ...viewpointAt });
export type WorkloadFilter = z.infer<typeof WorkloadFilter>;

const figures = {
  ended: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  aborted: z.int(),
  unknown: z.int(),
  initRestarts: z.int(),
  missedAttempts: z.int(),
  successRate: z.number().nullable(),
  failures: z.array(z.object({ category: Category, failures: z.int() })),
  exactCount: z.int(),
  boundedCount: z.int(),
  meanSeconds: z.number().nullable(),
  p50Seconds: z.number().nullable(),
  p90Seconds: z.number().nullable(),
  p95Seconds: z.number().nullable(),
  p99Seconds: z.number().nullable(),
};

export const WorkloadSummary = z
  .object({
    id: z.string(),
    cluster: z.string(),
    namespace: z.string(),
    workload: Workload,
    pods: z.int().describe('Not deleted'),
    running: z.int().describe('Initializations that go on'),
    stuck: z.int(),
    revisions: z.int(),
    lastCreatedAt: Time.nullable(),
    ...figures,
  })
  .meta({ id: 'WorkloadSummary' });
export type WorkloadSummary = z.infer<typeof WorkloadSummary>;

export const WorkloadDetail = WorkloadSummary.extend({
  byRevision: z
    .array(z.object({ revision: z.string().nullable(), firstCreatedAt: Time.nullable(), running: z.int(), ...figures }))
    .describe('Oldest first'),
  byContainer: z
    .array(z.object({ container: z.string(), running: z.int(), ...figures }))
    .describe('Attempts of each init container'),
}).meta({ id: 'WorkloadDetail' });
export type WorkloadDetail = z.infer<typeof WorkloadDetail>;

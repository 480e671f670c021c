import { z } from 'zod';
import { dependencyKinds } from '#libs/init-history';
import { DurationParameter, Names, paging, several, span, viewpointAt, WorkloadName } from '../asking/parameters.js';
import { Time } from '../shapes/common.js';
import { Confidence } from '../shapes/pod.js';

/** What the report on dependencies is asked with. */
export const DependencyFilter = z.strictObject({
  cluster: Names.describe('Repeatable'),
  namespace: Names.describe('Of the pods that wait; repeatable'),
  workload: several(WorkloadName).describe('Kind/name of those that wait; repeatable'),
  container: Names.describe('Repeatable'),
  target: Names.describe('What is waited for, as `target` or `endpoint` names it; repeatable'),
  ...span,
  minDuration: DurationParameter.default('10s').describe(
    'Waits shorter than this are left out: they found what they looked for, and would join what has nothing to do with another',
  ),
  minPods: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1)
    .describe('Spans in which at least so many pods waited'),
  join: DurationParameter.default('1m').describe('Waits that follow one another within this belong to one span'),
  format: z.enum(['json', 'csv']).optional().describe('Unless told, as Accept asks'),
  ...paging,
  ...viewpointAt,
});
export type DependencyFilter = z.infer<typeof DependencyFilter>;

export const DependencyRow = z
  .object({
    cluster: z.string(),
    target: z.string().describe('As most of the pods would name it: db:5432 within its namespace'),
    endpoint: z.string().describe('The one name of it in the cluster: db.shop:5432'),
    kind: z.enum(dependencyKinds).meta({ id: 'DependencyKind' }),
    protocol: z.string().nullable(),
    confidence: Confidence.describe('The best of those by which the waits were read; all of them are inferred'),
    from: Time,
    to: Time.nullable().describe('Null while a pod still waits'),
    pods: z.int(),
    peak: z.int().describe('Pods that waited at once, at most'),
    open: z.int().describe('Waits that go on'),
    namespaces: z.int(),
    workloads: z.int(),
    podSeconds: z.number().describe('All waits added up'),
    longestSeconds: z.number(),
    namespaceNames: z.array(z.string()).describe('Of those that waited, at most twenty'),
    workloadNames: z.array(z.string()).describe('namespace/Kind/name of those that waited, at most twenty'),
    podNames: z.array(z.string()).describe('namespace/name of those that waited, at most twenty'),
  })
  .meta({ id: 'DependencyRow', description: 'A span in which pods waited for one target' });
export type DependencyRow = z.infer<typeof DependencyRow>;

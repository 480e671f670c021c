import { z } from 'zod';
import { categories } from '#libs/init-history';
import { Names, paging, several, viewpoint, WorkloadName } from '../asking/parameters.js';
import { Duration, Time } from '../shapes/common.js';
import { Category, CategoryEvidence, Dependency, Workload } from '../shapes/pod.js';

export const StuckFilter = z.strictObject({
  cluster: Names.describe('Repeatable'),
  namespace: Names.describe('Repeatable'),
  workload: several(WorkloadName).describe('Kind/name; repeatable'),
  container: Names.describe('The init container at which it stands; repeatable'),
  category: several(z.enum(categories)).describe('Repeatable'),
  ...paging,
  ...viewpoint,
});
export type StuckFilter = z.infer<typeof StuckFilter>;

export const Stuck = z
  .object({
    workload: Workload,
    namespace: z.string(),
    cluster: z.string(),
    container: z.string().nullable().describe('Null where no init container has been reached'),
    category: Category,
    categoryEvidence: CategoryEvidence.describe('What decided the category, of the pod that is stuck longest'),
    reason: z.string().nullable(),
    waitsFor: z
      .string()
      .nullable()
      .describe('Where that may be why: of a container that runs or fails, not of one that cannot start'),
    dependencies: z.array(Dependency).describe('The same, each with how it is known'),
    since: Time.describe('Since when the pod that is stuck longest stands there'),
    firstSeen: Time.describe('When the oldest of its pods was created'),
    image: z.string().nullable(),
    revision: z.string().nullable(),
    previousRevision: z
      .object({ revision: z.string(), successRate: z.number().min(0).max(1).nullable() })
      .nullable()
      .describe('The revision before this one, and the share of its initializations that completed'),
    changedSince: z
      .array(z.object({ path: z.string(), from: z.unknown(), to: z.unknown() }).meta({ id: 'SpecChange' }))
      .describe('What of its spec is not as in the last good start of the workload before it, at most 50'),
    affected: z.int().describe('Pods stuck there'),
    total: z.int().describe('Pods of the workload that are not deleted'),
    nodes: z.array(z.object({ node: z.string().nullable(), zone: z.string().nullable(), pods: z.int() })),
    attempts: z.int().describe('Of this container in these pods, missed ones counted'),
    lastExitCode: z.int().nullable(),
    lastMessage: z.string().nullable(),
    nextRetry: Duration.describe('From meta.asOf to the next attempt, as the back-off message promises'),
    pods: z.array(z.object({ uid: z.string(), name: z.string(), since: Time })),
    deadline: Time.describe('When the first of them became stuck'),
    threshold: z.object({ seconds: z.number(), basis: z.string() }),
  })
  .meta({ id: 'Stuck' });
export type Stuck = z.infer<typeof Stuck>;

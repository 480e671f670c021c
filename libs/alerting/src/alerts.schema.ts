import { z } from 'zod';
import { Category, listOf, Names, paging, Position, Time, viewpoint } from '#libs/reports';

const Delivery = z
  .object({
    receiver: z
      .string()
      .describe('Kind and host; of a webhook that has a path, which may be a secret, also its digest'),
    told: z.enum(['firing', 'resolved']).describe('What it was told'),
    attemptedAt: Time,
    outcome: z.enum(['delivered', 'refused', 'failed']),
    status: z.int().nullable().describe('HTTP status; null where nobody answered'),
    detail: z.string().nullable(),
  })
  .meta({ id: 'Delivery', description: 'What was sent where, and what the receiver said' });

/** One firing of an alert: workload, revision, container and cause, never a pod. */
export const Alert = z
  .object({
    alertId: z.string().describe('The identity: the same each time that it fires'),
    episode: z.int().describe('How often it had fired by then, this time included'),
    name: z.string(),
    state: z.enum(['firing', 'resolved']),
    cluster: z.string(),
    namespace: z.string(),
    workload: z.object({ kind: z.string(), name: z.string() }),
    revision: z.string().nullable(),
    container: z.string().nullable(),
    category: Category,
    startsAt: Time,
    endsAt: Time.nullable(),
    resolution: z.enum(['recovered', 'pod_failed', 'pod_deleted', 'handed_over']).nullable(),
    pods: z.array(z.object({ uid: z.string(), name: z.string(), since: Time })).describe('Those it fired for'),
    threshold: z.object({ seconds: z.number(), basis: z.string() }),
    evidence: z.array(Position).describe('Observations that prove that they stood there'),
    deliveries: z.array(Delivery).describe('Newest first, 20 at most'),
  })
  .meta({ id: 'Alert' });
export type Alert = z.infer<typeof Alert>;

export const Alerts = listOf(Alert);

export const AlertsFilter = z.strictObject({
  state: z.enum(['firing', 'resolved']).optional(),
  namespace: Names.describe('Repeatable'),
  ...paging,
  ...viewpoint,
});
export type AlertsFilter = z.infer<typeof AlertsFilter>;

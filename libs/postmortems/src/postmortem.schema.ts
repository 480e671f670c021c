import { z } from 'zod';
import { Annotation, Category, Cycle, Duration, Finding, Gap, oneOf, podStates, Position, Time } from '#libs/reports';

const Cause = z
  .object({
    category: Category.nullable(),
    statement: z.string(),
    confidence: z.enum(['certain', 'strong', 'weak']),
    container: z.string().nullable(),
    evidence: z.array(Position),
  })
  .meta({ id: 'Cause' });

const Moment = z
  .object({
    at: Time.nullable().describe('What the cluster claims'),
    observedAt: Time.describe('When the recorder saw it'),
    what: z.string(),
    container: z.string().nullable(),
    detail: z.string().nullable(),
    basis: z.enum(['observed', 'reconstructed', 'inferred']),
    evidence: z.array(Position),
  })
  .meta({ id: 'Moment' });

/** What happened to one pod before its application started, as a document that can be read a year later. */
export const Postmortem = z
  .object({
    id: z.string().describe('Pins the pod and the place of the record that it was read from'),
    pod: z.object({
      uid: z.string(),
      cluster: z.string(),
      namespace: z.string(),
      name: z.string(),
      workload: z.string(),
      revision: z.string().nullable(),
      node: z.string().nullable(),
      kubeletVersion: z.string().nullable(),
    }),
    summary: z.string(),
    state: z.enum(podStates),
    status: z.string().nullable(),
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
    duration: Duration,
    initRestarts: z.int(),
    cause: Cause.nullable().describe('The most specific one; null where nothing failed and nothing stands'),
    alternatives: z.array(Cause),
    timeline: z.array(Moment),
    cycles: z.array(Cycle),
    findings: z.array(Finding),
    events: z.array(Annotation),
    gaps: z.array(Gap).describe('When nobody could see'),
    openQuestions: z.array(z.string()),
    asOf: z.object({ position: z.string(), time: Time, rules: z.string(), source: z.string() }),
  })
  .meta({ id: 'Postmortem' });
export type Postmortem = z.infer<typeof Postmortem>;
export type Cause = z.infer<typeof Cause>;
export type Moment = z.infer<typeof Moment>;

export const OnePostmortem = oneOf(Postmortem);

/** What a postmortem is asked of. */
export const PostmortemAsked = z.strictObject({
  pod: z.string().min(1).describe('The uid of a pod'),
  asOf: z.string().optional().describe('A meta.position or a time; unless told, now'),
});
export type PostmortemAsked = z.infer<typeof PostmortemAsked>;

/** How a postmortem is wanted. */
export const PostmortemFormat = z.strictObject({
  format: z.enum(['json', 'markdown']).default('json').describe('markdown can be pasted into an incident page'),
});
export type PostmortemFormat = z.infer<typeof PostmortemFormat>;

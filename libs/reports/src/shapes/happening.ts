import { z } from 'zod';
import { Duration, Position, Time } from './common.js';
import { Basis, PhaseOfTime } from './pod.js';

/** What is the same of every happening; the rest is of its type. */
export const Happening = z
  .looseObject({
    id: z.string(),
    type: z.string(),
    at: Time.nullable(),
    observedAt: Time,
    basis: Basis,
    container: z.string().nullable(),
    evidence: z.array(Position).describe('Positions of the observations that prove it'),
    gap: Position.nullable().describe('The gap after which it was learnt: when it happened nobody looked'),
    supersedes: z.string().nullable().describe('The happening that this better reading replaces'),
    rules: z.string(),
    position: Position.describe('Of the observation at which it was derived'),
    podUid: z.string(),
    namespace: z.string(),
  })
  .meta({
    id: 'Happening',
    description:
      'What was derived from observations, with further members of its type; one that names a `category` says in `categorySource` which field decided it',
  });
export type Happening = z.infer<typeof Happening>;

export const Bar = z
  .object({
    lane: z.string().describe('pod, or the init container’s name'),
    cycle: z.int(),
    kind: z.enum(['phase', 'attempt']),
    phase: PhaseOfTime.nullable(),
    attempt: z.int().nullable(),
    outcome: z.string().nullable(),
    from: Time.nullable(),
    to: Time.nullable(),
    duration: Duration,
    evidence: z.array(Position),
  })
  .meta({ id: 'Bar', description: 'One bar of the waterfall' });
export type Bar = z.infer<typeof Bar>;

export const Annotation = z
  .object({
    position: Position,
    at: Time.nullable(),
    reason: z.string().nullable(),
    type: z.string().nullable(),
    container: z.string().nullable(),
    message: z.string().nullable(),
    count: z.int(),
  })
  .meta({ id: 'Annotation', description: 'What a Kubernetes Event said; it proves nothing of how an attempt ended' });
export type Annotation = z.infer<typeof Annotation>;

export const Timeline = z
  .object({ happenings: z.array(Happening), waterfall: z.array(Bar), annotations: z.array(Annotation) })
  .meta({ id: 'Timeline' });
export type Timeline = z.infer<typeof Timeline>;

export const ObservationView = z
  .object({
    position: Position,
    recordedAt: Time,
    eventId: z.string(),
    stream: z.string(),
    type: z.string(),
    schemaVersion: z.int(),
    erased: z.boolean().describe('Its body was erased; the place in the log stays'),
    body: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'Observation', description: 'What the store holds, as it was stored' });
export type ObservationView = z.infer<typeof ObservationView>;

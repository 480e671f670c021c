import { z } from 'zod';
import { categories, confidences, dependencyKinds, phasesOfTime, purposes } from '#libs/init-history';
import { Duration, Gap, Position, Time } from './common.js';

export const Category = z
  .enum(categories)
  .meta({ id: 'Category', description: 'Why an initialization failed or does not go on' });
export const PhaseOfTime = z
  .enum(phasesOfTime)
  .meta({ id: 'PhaseOfTime', description: 'A slice of the time of an initialization' });
export const podStates = ['pending', 'initializing', 'initialized', 'failed', 'aborted', 'unknown'] as const;
export const cycleOutcomes = ['running', 'completed', 'failed', 'aborted', 'unknown'] as const;
export const PodState = z.enum(podStates).meta({ id: 'PodState' });
export const CycleOutcome = z.enum(cycleOutcomes).meta({ id: 'CycleOutcome' });
export const Basis = z.enum(['observed', 'reconstructed', 'inferred']).meta({ id: 'Basis' });

export const Confidence = z.enum(confidences).meta({ id: 'Confidence', description: 'How sure what is inferred is' });

export const CategoryEvidence = z
  .object({
    source: z.string().describe('The field of the object, or the Event, that decided the category'),
    reason: z.string().describe('What it said, cut to 200 characters'),
    position: Position.nullable().describe('Of the observation that showed it; null where time alone decided'),
    basis: Basis,
  })
  .meta({ id: 'CategoryEvidence', description: 'What decided a category' });

export const Dependency = z
  .object({
    kind: z.enum(dependencyKinds).meta({ id: 'DependencyKind' }),
    target: z.string().describe('As short as it is clear for the pod: mydb:5432, mydb.other:5432, job migrate'),
    endpoint: z
      .string()
      .nullable()
      .describe('The same for whoever waits for it in the cluster: mydb.shop:5432; null where that cannot be told'),
    port: z.int().nullable(),
    protocol: z.string().nullable(),
    confidence: Confidence,
    rule: z.string().describe('Name of the rule that read it'),
    evidence: z.object({ source: z.string(), text: z.string(), position: Position.nullable() }),
  })
  .meta({ id: 'Dependency', description: 'What an init container waits for, and how that is known' });
export type Dependency = z.infer<typeof Dependency>;

export const Purpose = z
  .enum(purposes)
  .meta({ id: 'Purpose', description: 'What an init container is for, as far as its spec tells' });

export const Workload = z
  .object({
    apiVersion: z.string(),
    kind: z.string(),
    name: z.string(),
    uid: z.string().nullable(),
    resolved: z.boolean().describe('False where the owner chain could not be followed to its top'),
  })
  .meta({ id: 'Workload' });

export const Attempt = z
  .object({
    number: z.int(),
    containerId: z.string(),
    imageId: z.string().nullable(),
    startedAt: Time.nullable(),
    finishedAt: Time.nullable(),
    duration: Duration,
    exitCode: z.int().nullable(),
    signal: z.int().nullable(),
    reason: z.string().nullable(),
    message: z.string().nullable(),
    outcome: z.enum(['running', 'succeeded', 'failed', 'unknown']),
    category: Category.nullable(),
    categoryEvidence: CategoryEvidence.nullable(),
    basis: Basis,
    observedAt: Time,
    position: Position,
  })
  .meta({ id: 'Attempt' });
export type Attempt = z.infer<typeof Attempt>;

export const InitContainer = z
  .object({
    name: z.string(),
    index: z.int(),
    kind: z.enum(['regular', 'sidecar']),
    image: z.string(),
    state: z.enum(['notReached', 'waiting', 'running', 'succeeded', 'failed', 'skipped', 'unknown']),
    done: z.boolean().describe('Satisfied: succeeded, or a started sidecar'),
    waitingReason: z.string().nullable(),
    waitingMessage: z.string().nullable(),
    category: Category.nullable(),
    categoryEvidence: CategoryEvidence.nullable(),
    purpose: Purpose.nullable(),
    waitsFor: z
      .string()
      .nullable()
      .describe('What it waits for when it runs: as its spec tells, else as it said when it failed'),
    dependencies: z.array(Dependency).describe('The same, each with how it is known'),
    restartCount: z.int(),
    missedAttempts: z.int(),
    attempts: z.array(Attempt),
  })
  .meta({ id: 'InitContainer' });
export type InitContainer = z.infer<typeof InitContainer>;

export const PhaseSlice = z
  .object({
    phase: PhaseOfTime,
    container: z.string().nullable(),
    attempt: z
      .int()
      .nullable()
      .describe('Of run, sidecarStartup and backOff: which attempt ran, or is waited for after'),
    from: Time.nullable(),
    to: Time.nullable(),
    duration: Duration,
  })
  .meta({ id: 'PhaseSlice' });

export const Cycle = z
  .object({
    number: z.int(),
    cause: z.enum(['first', 'sandboxRecreated', 'nodeReboot', 'restartAllContainers', 'unknown']),
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
    outcome: CycleOutcome,
    category: Category.nullable().describe('Why it ended as it did; null while it runs and where it completed'),
    categoryEvidence: CategoryEvidence.nullable(),
    duration: Duration,
    phases: z.array(PhaseSlice),
    initContainers: z.array(InitContainer),
  })
  .meta({ id: 'Cycle' });
export type Cycle = z.infer<typeof Cycle>;

export const Finding = z
  .object({
    kind: z.string(),
    summary: z.string(),
    container: z.string().nullable(),
    confidence: Confidence,
    evidence: z.array(Position),
    at: Time.nullable(),
  })
  .meta({ id: 'Finding' });

export const Pod = z
  .object({
    id: z.string().describe('Global id, as GraphQL has it'),
    uid: z.string(),
    cluster: z.string(),
    namespace: z.string(),
    name: z.string(),
    workload: Workload,
    revision: z.string().nullable(),
    node: z.string().nullable(),
    zone: z.string().nullable(),
    kubeletVersion: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    createdAt: Time.nullable(),
    deletedAt: Time.nullable(),
    status: z
      .string()
      .nullable()
      .describe('STATUS as kubectl prints it; asked `at`: as it printed it then, null if nothing was recorded yet'),
    ready: z.string().nullable().describe('READY as kubectl prints it'),
    restarts: z.int().nullable().describe('RESTARTS as kubectl prints it, without its “(… ago)”'),
    lastRestartAt: Time.nullable().describe('The time of kubectl’s “(… ago)” in RESTARTS; null where it prints none'),
    initRestarts: z.int().describe('Attempts beyond the first of each init container, missed ones counted'),
    state: PodState,
    category: Category.nullable(),
    categoryEvidence: CategoryEvidence.nullable().describe('What decided the category'),
    stuckSince: Time.nullable().describe(
      'Since when it stands where it is stuck; null while it is not stuck, as /stuck has it',
    ),
    duration: Duration.describe(
      'Of the newest cycle: from the node’s acceptance, or the trigger, to the end of initialization',
    ),
    sinceCreation: Duration,
    sinceScheduled: Duration,
    toAppStarted: Duration,
  })
  .meta({ id: 'Pod' });
export type Pod = z.infer<typeof Pod>;

export const PodDetail = Pod.extend({
  cycles: z.array(Cycle),
  findings: z.array(Finding),
  gaps: z.array(Gap),
  frozen: z
    .object({
      before: Position.describe('Observations before it were dropped'),
      rules: z.string().describe('Version of the rules that read them'),
    })
    .meta({ id: 'FrozenBefore' })
    .nullable()
    .describe('Where the observations that a part of it was told from were dropped; null where all are kept'),
}).meta({ id: 'PodDetail' });
export type PodDetail = z.infer<typeof PodDetail>;

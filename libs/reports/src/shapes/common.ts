import { z } from 'zod';

/** RFC 3339 in UTC. */
export const Time = z.iso.datetime().meta({ id: 'Time', description: 'RFC 3339 in UTC' });

export const Position = z
  .string()
  .regex(/^\d+:-?\d+$/)
  .meta({ id: 'Position', description: 'Place of an observation: shard:number' });

export const Duration = z
  .object({
    seconds: z.number().nullable(),
    lo: z.number().nullable().describe('The truth is not below this'),
    hi: z.number().nullable().describe('The truth is not above this'),
    certainty: z
      .enum(['exact', 'bounded', 'unknown'])
      .describe('exact: both ends were stamped; bounded: one is known to lie in a span'),
    mixedClocks: z.boolean().optional().describe('True where different clocks stamped the ends: subject to their skew'),
    gaps: z
      .array(Position)
      .optional()
      .describe('Gaps that it touches: meanwhile something may have gone unseen. Absent where there is none'),
    running: z
      .boolean()
      .optional()
      .describe('True where it goes on: then it ends at meta.asOf, or where its recording does'),
  })
  .meta({ id: 'Duration' });
export type Duration = z.infer<typeof Duration>;

export const Gap = z
  .object({
    cluster: z.string(),
    resource: z.string(),
    from: Time.nullable(),
    to: Time,
    reason: z
      .string()
      .describe(
        'expired: the position was forgotten; dropped: the watch had broken off; overloaded: the recorder fell behind; stopped: it did not run; forked: the server went back; forbidden: a right was missing',
      ),
  })
  .meta({ id: 'Gap', description: 'A span in which changes may have gone unseen' });
export type Gap = z.infer<typeof Gap>;

export const Source = z
  .enum(['kubernetes', 'demo', 'recording', 'none'])
  .meta({ id: 'Source', description: 'What is told of; none: nothing was recorded' });

export const Frozen = z
  .object({
    cluster: z.string(),
    from: Position,
    to: Position.describe('The first that is not among them'),
    rules: z.string().describe('Version of the rules that read them'),
  })
  .meta({
    id: 'Frozen',
    description:
      'Observations that retention dropped: what was told of them stays as these rules read them, and no later ones',
  });
export type Frozen = z.infer<typeof Frozen>;

export const Meta = z
  .object({
    position: z.string().describe('Opaque; asOf and minPosition take it back'),
    asOf: Time.describe(
      'What had been recorded by then; running durations run to here, those of a recording to its end',
    ),
    at: Time.nullable().describe('What was so then, with everything learnt since'),
    rules: z.string().describe('Version of the rules that read the observations'),
    source: Source,
    projectionLagSeconds: z.number(),
    historyFrom: Time.nullable().describe('The first observation that is kept'),
    frozen: z.array(Frozen).describe('What was dropped before, and by which rules it is told'),
    gaps: z.array(Gap).describe('Those that touch what was asked'),
    complete: z.boolean().describe('No gap, no lag and no missing right touches this answer'),
    withheld: z
      .array(z.object({ field: z.string(), right: z.string() }))
      .describe('Fields that are null because the caller lacks a right'),
  })
  .meta({ id: 'Meta' });
export type Meta = z.infer<typeof Meta>;

export const Page = z.object({ nextCursor: z.string().nullable(), hasMore: z.boolean() }).meta({ id: 'Page' });
export type Page = z.infer<typeof Page>;

/** The envelope of a list. */
export const listOf = <T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; page: typeof Page; meta: typeof Meta }> =>
  z.object({ items: z.array(item), page: Page, meta: Meta });

/** The envelope of one thing. */
export const oneOf = <T extends z.ZodType>(data: T): z.ZodObject<{ data: T; meta: typeof Meta }> =>
  z.object({ data, meta: Meta });

/** A list as it is answered. `cursorAt` makes the cursor behind any of its items; JSON leaves it out. */
export type List<T> = Readonly<{ items: readonly T[]; page: Page; meta: Meta; cursorAt?: (index: number) => string }>;
export type One<T> = Readonly<{ data: T; meta: Meta }>;

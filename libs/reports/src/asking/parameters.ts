import { z } from 'zod';
import { parseDuration, parseTime } from './times.js';

/** A moment as people write it, checked here and read later, when it is known what `now` is. */
export const TimeParameter = z.string().refine((text) => parseTime(text, Date.now()) !== undefined, {
  error: 'must be RFC 3339, epoch milliseconds, or such as now-6h',
});

export const DurationParameter = z.string().refine((text) => parseDuration(text) !== undefined, {
  error: 'must be a length of time such as 1h30m, 90s or PT90S',
});

/** A parameter that may be given several times. Any of its values matches. */
export const several = <T extends z.ZodType>(one: T): z.ZodOptional<z.ZodArray<T>> =>
  z.union([z.array(one).min(1).max(100), one.transform((value) => [value])]).optional() as unknown as z.ZodOptional<
    z.ZodArray<T>
  >;

const text = z.string().min(1).max(500);

/** Names, repeatable. */
export const Names = several(text);

export const YesNo = z.enum(['true', 'false']);

/** From where the question is asked. */
export const viewpoint = {
  asOf: z
    .string()
    .min(1)
    .max(16_384)
    .optional()
    .describe('A meta.position or a time: answer with what had been recorded by then'),
  minPosition: z.string().min(1).max(16_384).optional().describe('A meta.position: wait briefly until it is told'),
};

/** The same, where the question can also be asked of a moment with everything learnt since. */
export const viewpointAt = {
  ...viewpoint,
  at: TimeParameter.optional().describe(
    'A time: answer what was so then, with everything learnt since. Not together with asOf',
  ),
};

export const paging = {
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z
    .string()
    .min(1)
    .max(16_384)
    .optional()
    .describe('page.nextCursor of the page before, everything else unchanged'),
};

export const span = {
  from: TimeParameter.optional().describe('Inclusive'),
  to: TimeParameter.optional().describe('Exclusive'),
};

/** `Kind/name`, as `kubectl` writes it. */
export const WorkloadName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]*\/[^/]+$/, { error: 'must be Kind/name, such as Deployment/api' });

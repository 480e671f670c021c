import { z } from 'zod';

/** The body of every refusal (RFC 9457). */
export const ProblemBody = z
  .looseObject({
    type: z.string().describe('urn:initledger:error:CODE'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Stable; what a program should look at'),
    remedy: z.string().optional(),
    instance: z.string().optional(),
    requestId: z.string().describe('Stands in the log of this service too'),
    errors: z.array(z.object({ parameter: z.string(), detail: z.string() })).optional(),
    historyFrom: z.string().optional(),
  })
  .meta({ id: 'Problem' });

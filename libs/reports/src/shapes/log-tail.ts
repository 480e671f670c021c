import { z } from 'zod';
import { Position, Time } from './common.js';

export const LogTail = z
  .object({
    position: Position,
    container: z.string().nullable(),
    containerId: z.string().nullable(),
    cycle: z.int().nullable().describe('Of the attempt; null where no frame told of it'),
    attempt: z.int().nullable().describe('Number of the attempt, as the pod has it'),
    capturedAt: Time.nullable(),
    text: z.string().nullable().describe('Redacted; null where it is missing, erased, or not for the caller to read'),
    truncated: z.boolean().describe('The log has more than this end of it'),
    firstLineAt: Time.nullable().describe('By the node’s clock'),
    lastLineAt: Time.nullable(),
    missing: z.string().nullable().describe('Why there was none to read, in the words of the API server'),
    erased: z.boolean(),
  })
  .meta({ id: 'LogTail', description: 'The end of the log of a failed attempt, where --log-tails records them' });
export type LogTail = z.infer<typeof LogTail>;

import { z } from 'zod';
import { Names } from '../asking/parameters.js';

export const StreamFilter = z.strictObject({
  cluster: Names.describe('Repeatable'),
  namespace: Names.describe('Repeatable'),
  pod: Names.describe('UID of a pod; repeatable'),
  type: Names.describe('InitContainerStarted, …; repeatable'),
  lastEventId: z
    .string()
    .max(4_000)
    .optional()
    .describe('As the header Last-Event-ID, for clients that cannot send it. `0` begins with all that is kept'),
});
export type StreamFilter = z.infer<typeof StreamFilter>;

import { z } from 'zod';
import { Names, paging, span, viewpoint, viewpointAt } from '../asking/parameters.js';
import { Gap, Position, Source, Time } from '../shapes/common.js';

export const GapsFilter = z.strictObject({
  cluster: Names.describe('Repeatable'),
  resource: Names.describe('pods, events, nodes, …; repeatable'),
  ...span,
  ...paging,
  ...viewpointAt,
});
export type GapsFilter = z.infer<typeof GapsFilter>;

export const RecordedGap = Gap.extend({
  namespace: z.string().nullable().describe('Null: all namespaces'),
  position: Position.describe('Of the observation that says so; happenings name it'),
  podsAlive: z
    .int()
    .nullable()
    .describe('Pods that lived in it, as far as anybody knew; null for callers who may not see them all'),
}).meta({ id: 'RecordedGap', description: 'A gap, where the log tells of it, and how many pods it concerns' });
export type RecordedGap = z.infer<typeof RecordedGap>;

export const ClustersFilter = z.strictObject({ ...viewpoint });
export type ClustersFilter = z.infer<typeof ClustersFilter>;

export const Cluster = z
  .object({
    id: z.string(),
    cluster: z.string(),
    uid: z.string(),
    identity: z
      .string()
      .describe('namespaceUid, or serverAndCa: the weaker one; recording: how the recording begins, or its name'),
    source: Source,
    server: z.string().nullable(),
    serverVersion: z.string().nullable(),
    health: z
      .enum(['watching', 'catchingUp', 'ended', 'closed', 'notSeen', 'parked'])
      .describe(
        'watching; catchingUp: stored, not told yet; ended: a recording that was read to its end; closed: recorded in another number of slices since; notSeen: no recorder for a minute; parked: streams that could not be read',
      ),
    slice: z
      .object({ nth: z.int().describe('From 0'), of: z.int() })
      .nullable()
      .describe('Which part of the cluster this is, by a hash of the namespace; null: all of it'),
    division: z
      .object({
        by: z
          .enum(['hash', 'range'])
          .describe('hash: the recorder leaves out what is in other slices; range: the API server can (KEP-5866)'),
        byServer: z
          .boolean()
          .nullable()
          .describe(
            'Whether it did, with pods, when the recorder looked last: the recorder leaves out what is sent all the same. Null: not asked, or not known yet',
          ),
      })
      .nullable()
      .describe('How namespaces are divided among slices, fixed with their number; null: there are none'),
    predecessors: z
      .array(z.int())
      .describe('Shards that were closed for this one: the same cluster in another number of slices, until then'),
    closedAt: Time.nullable().describe('Since when nothing is recorded into it; its successors name it'),
    seenAt: Time.describe('When a recorder was last heard of'),
    endedAt: Time.nullable().describe(
      'Of a recording that was read to its end: when its last line was received; running durations run to here',
    ),
    since: Time.describe('When it was first recorded'),
    historyFrom: Time.nullable(),
    position: Position.nullable().describe('Of the last event told'),
    recordedPosition: Position.nullable().describe('Of the last event stored'),
    projectionLagSeconds: z.number(),
    watches: z.array(z.object({ watch: z.string(), resourceVersion: z.string(), movedAt: Time })),
    unknowns: z
      .array(z.object({ right: z.string(), unknown: z.string() }))
      .describe('Rights that are missing, or the recording that ended, and what is unknown for it'),
    parkedStreams: z.int().describe('Streams at which the rules failed; they are read again by the next rebuild'),
    pods: z.int().describe('Not deleted, with init containers'),
  })
  .meta({ id: 'Cluster' });
export type Cluster = z.infer<typeof Cluster>;

/** Which columns of the read models hold words of people, and which are of our own making. */
import type { WordedTable } from './replace-text.js';

/** What a row tells of a pod. */
const ofPod = ['namespace', 'workload_kind', 'workload_name'];

/** As far as an event says it still, it goes with that event's body. */
const belowHorizon = 'position < $2';

/**
 * Every column of text or JSON of the read models stands here, or in `ownColumns`. Numbers and times say nothing, and ids are made of what was
 * seen or are Kubernetes' own.
 */
export const wordedTables: readonly WordedTable[] = [
  { table: 'happening', columns: ['namespace', 'container', 'doc'], below: belowHorizon, about: { pod: 'pod_uid' } },
  {
    table: 'pod_init',
    columns: [
      ...ofPod,
      'name',
      'revision',
      'node',
      'zone',
      'labels',
      'containers',
      'images',
      'container',
      'waiting_reason',
      'waits_for',
      'contribution',
      'doc',
    ],
    below: 'valid_from < $2',
    about: { pod: 'pod_uid' },
    digest: true,
  },
  {
    table: 'init_attempt',
    columns: [
      ...ofPod,
      'container',
      'container_id',
      'revision',
      'node',
      'image',
      'image_id',
      'reason',
      'dependencies',
      'contribution',
      'doc',
    ],
    below: 'valid_from < $2',
    about: { pod: 'pod_uid' },
    digest: true,
  },
  {
    table: 'finding',
    columns: [...ofPod, 'finding_key', 'container', 'pod_name', 'doc'],
    below: 'valid_from < $2',
    about: { pod: 'pod_uid' },
    digest: true,
  },
  {
    table: 'kube_event',
    columns: ['namespace', 'reason', 'type', 'container', 'message', 'doc'],
    below: belowHorizon,
    among: belowHorizon,
    about: { pod: 'pod_uid' },
  },
  { table: 'gap', columns: ['namespace', 'resource', 'doc'], below: belowHorizon, among: belowHorizon },
  {
    table: 'context',
    columns: ['name', 'doc'],
    below: belowHorizon,
    // What the log itself says of watches stays as it is.
    among: `(kind <> 'watch' OR ${belowHorizon})`,
    about: { kind: 'kind', subject: 'uid', name: 'name' },
  },
  { table: 'pod_context', columns: ['key'], about: { pod: 'pod_uid' } },
  // What they are sums of is redacted alike.
  { table: 'workload_stats', columns: [...ofPod, 'namespace_uid', 'revision', 'container'] },
  { table: 'day_stats', columns: [...ofPod, 'namespace_uid', 'revision', 'container'] },
  { table: 'pod_seed', columns: ['fold', 'early'], below: 'true', about: { pod: 'stream_id' } },
  { table: 'quarantine', columns: ['error'], below: 'true', about: { pod: 'stream_id' } },
];

/** Columns of text or JSON that hold words of this service alone. */
export const ownColumns: Readonly<Record<string, readonly string[]>> = {
  happening: ['type', 'basis', 'rules'],
  pod_init: [
    'state',
    'outcome',
    'category',
    'stuck_category',
    'threshold_basis',
    'duration_certainty',
    // Of what is served: it goes with the words.
    'digest',
  ],
  init_attempt: ['kind', 'outcome', 'category', 'basis', 'duration_certainty', 'digest'],
  finding: ['kind', 'confidence', 'digest'],
  gap: ['cause'],
  context: ['kind', 'via', 'received_at'],
  pod_context: ['kind'],
  workload_stats: ['categories', 'buckets'],
  day_stats: ['categories'],
  pod_seed: ['rules'],
  frozen_span: ['name', 'rules'],
  frozen_digest: ['name', 'hashes'],
  quarantine: ['name', 'seals'],
};

import { z } from 'zod';
import { confidences, findingKinds, type FindingKind } from '#libs/init-history';
import { Names, paging, several, span, viewpoint, WorkloadName } from '../asking/parameters.js';
import { Time } from '../shapes/common.js';
import { Finding, Workload } from '../shapes/pod.js';

/** Kinds that a list can tell; the others depend on what is told of other pods, and are told with a pod. */
export const listedKinds = Object.keys(findingKinds).filter((kind) => kind !== 'waitsWithOthers') as [
  FindingKind,
  ...FindingKind[],
];

/** What the list of findings is asked with. */
export const FindingsFilter = z.strictObject({
  kind: several(z.enum(listedKinds)).describe('Repeatable'),
  container: Names.describe('The init container it is about; repeatable'),
  confidence: several(z.enum(confidences)).describe('Repeatable'),
  cluster: Names.describe('Repeatable'),
  namespace: Names.describe('Repeatable'),
  workload: several(WorkloadName).describe('Kind/name; repeatable'),
  ...span,
  ...paging,
  ...viewpoint,
});
export type FindingsFilter = z.infer<typeof FindingsFilter>;

export const FoundInPod = Finding.extend({
  cluster: z.string(),
  namespace: z.string(),
  pod: z.object({ uid: z.string(), name: z.string() }),
  workload: Workload.pick({ kind: true, name: true }).meta({ id: 'WorkloadName' }),
  toldAt: Time.describe('When what is told of it was recorded; `from` and `to` ask `at`, or this where it has no time'),
}).meta({ id: 'FoundInPod', description: 'A finding, and whose it is' });
export type FoundInPod = z.infer<typeof FoundInPod>;

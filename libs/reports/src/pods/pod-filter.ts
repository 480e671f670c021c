import { z } from 'zod';
import { categories, phasesOfTime } from '#libs/init-history';
import { parseLabelSelector } from '../asking/label-selector.js';
import {
  DurationParameter,
  Names,
  paging,
  several,
  span,
  viewpointAt,
  WorkloadName,
  YesNo,
} from '../asking/parameters.js';
import { listedKinds } from '../findings/finding.schema.js';
import { cycleOutcomes, podStates } from '../shapes/pod.js';

/** What a list of pods may be sorted by; a leading minus turns it round. */
export const podSorts = ['createdAt', 'duration', 'name', 'initRestarts'] as const;
export type PodSort = (typeof podSorts)[number];

/** The questions that `/pods` answers. Conditions of different parameters must all hold. */
export const PodFilter = z.strictObject({
  cluster: Names.describe('As /clusters names it; repeatable'),
  namespace: Names.describe('Repeatable'),
  workload: several(WorkloadName).describe('Kind/name of the top controller; repeatable'),
  node: Names.describe('Repeatable'),
  container: Names.describe('An init container of this name; repeatable'),
  image: Names.describe('An init container of this image, with or without its tag or digest; repeatable'),
  phase: several(z.enum([...podStates, ...phasesOfTime])).describe(
    'The state it is in, or the phase of time it is in now; repeatable',
  ),
  outcome: several(z.enum(cycleOutcomes)).describe('How the newest cycle ended; repeatable'),
  category: several(z.enum(categories)).describe('Repeatable'),
  finding: several(z.enum(listedKinds)).describe('With such a finding, as /findings lists it; repeatable'),
  waitsFor: Names.describe('It stands at an init container that waits for this, as waitsFor tells it; repeatable'),
  labelSelector: z
    .string()
    .max(4_000)
    .superRefine((text, context) => {
      const read = parseLabelSelector(text);
      if ('problem' in read) context.addIssue({ code: 'custom', message: read.problem });
    })
    .optional()
    .describe('As kubectl get -l: k=v, k!=v, k in (a,b), k notin (a), k, !k'),
  ...span,
  minDuration: DurationParameter.optional().describe(
    'The initialization took, or has been taking, at least this long (compares duration.lo)',
  ),
  stuck: YesNo.optional(),
  initContainers: z.enum(['any']).optional().describe('any: also pods that have neither init containers nor sidecars'),
  sort: z.enum(podSorts.flatMap((sort) => [sort, `-${sort}` as const])).default('-createdAt'),
  ...paging,
  ...viewpointAt,
});
export type PodFilter = z.infer<typeof PodFilter>;

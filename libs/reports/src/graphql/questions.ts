import { Inject, Injectable } from '@nestjs/common';
import { ClustersQuery } from '../clusters/clusters.query.js';
import { GapsQuery } from '../clusters/gaps.query.js';
import { DependenciesQuery } from '../dependencies/dependencies.query.js';
import { FindingsQuery } from '../findings/findings.query.js';
import { PodQuery } from '../pods/pod.query.js';
import { PodsQuery } from '../pods/pods.query.js';
import { ReportsQuery } from '../statistics/reports.query.js';
import { StuckQuery } from '../stuck/stuck.query.js';
import { WorkloadsQuery } from '../workloads/workloads.query.js';

/** Every question there is: what REST's controllers ask, and GraphQL's fields too. */
@Injectable()
export class Questions {
  @Inject() readonly pods!: PodsQuery;
  @Inject() readonly pod!: PodQuery;
  @Inject() readonly stuck!: StuckQuery;
  @Inject() readonly workloads!: WorkloadsQuery;
  @Inject() readonly reports!: ReportsQuery;
  @Inject() readonly dependencies!: DependenciesQuery;
  @Inject() readonly findings!: FindingsQuery;
  @Inject() readonly gaps!: GapsQuery;
  @Inject() readonly clusters!: ClustersQuery;
}

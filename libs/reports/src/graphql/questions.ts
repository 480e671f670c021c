import { Injectable } from '@nestjs/common';
import { ClustersQuery } from '../clusters/clusters.query.js';
import { GapsQuery } from '../clusters/gaps.query.js';
import { PodQuery } from '../pods/pod.query.js';
import { PodsQuery } from '../pods/pods.query.js';
import { ReportsQuery } from '../statistics/reports.query.js';
import { StuckQuery } from '../stuck/stuck.query.js';
import { WorkloadsQuery } from '../workloads/workloads.query.js';

/** Every question there is: what REST's controllers ask, and GraphQL's fields too. */
@Injectable()
export class Questions {
  readonly pods: PodsQuery;
  readonly pod: PodQuery;
  readonly stuck: StuckQuery;
  readonly workloads: WorkloadsQuery;

  constructor(
    pods: PodsQuery,
    pod: PodQuery,
    stuck: StuckQuery,
    workloads: WorkloadsQuery,
    readonly reports: ReportsQuery,
    readonly gaps: GapsQuery,
    readonly clusters: ClustersQuery,
  ) {
    this.pods = pods;
    this.pod = pod;
    this.stuck = stuck;
    this.workloads = workloads;
  }
}

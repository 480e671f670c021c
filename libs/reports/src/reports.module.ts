import { Module } from '@nestjs/common';
import { ClustersQuery } from './clusters/clusters.query.js';
import { GapsQuery } from './clusters/gaps.query.js';
import { DependenciesQuery } from './dependencies/dependencies.query.js';
import { FindingsQuery } from './findings/findings.query.js';
import { ReportMetrics } from './metrics/report-metrics.js';
import { LedgerQuery } from './ledger/ledger.query.js';
import { PodQuery } from './pods/pod.query.js';
import { PodsQuery } from './pods/pods.query.js';
import { ReportReader } from './reading/report-reader.js';
import { ReportsDatabase } from './reading/reports-database.js';
import { ReportsSource } from './reading/reports-source.js';
import { ReportsQuery } from './statistics/reports.query.js';
import { HappeningStream } from './stream/happening-stream.js';
import { StuckQuery } from './stuck/stuck.query.js';
import { WorkloadsQuery } from './workloads/workloads.query.js';

const queries = [
  LedgerQuery,
  ClustersQuery,
  DependenciesQuery,
  FindingsQuery,
  GapsQuery,
  PodQuery,
  PodsQuery,
  ReportsQuery,
  StuckQuery,
  WorkloadsQuery,
  HappeningStream,
  ReportMetrics,
  ReportReader,
];

/** Questions over the read models. It reads, on the pool of the api role alone; any process may import it. */
@Module({ providers: [ReportsDatabase, ReportsSource, ...queries], exports: [ReportsDatabase, ...queries] })
export class ReportsModule {}

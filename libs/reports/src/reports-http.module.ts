import { Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AccessModule } from '#libs/access';
import { HealthChecks } from '#libs/platform';
import { ClustersController } from './clusters/clusters.controller.js';
import { DependenciesController } from './dependencies/dependencies.controller.js';
import { FindingsController } from './findings/findings.controller.js';
import { GraphqlModule } from './graphql/graphql.module.js';
import { HealthController } from './http/health.controller.js';
import { ProblemFilter } from './http/problem.filter.js';
import { validationPipe } from './http/validation.js';
import { LedgerController } from './ledger/ledger.controller.js';
import { PodsController } from './pods/pods.controller.js';
import { ReportsDatabase } from './reading/reports-database.js';
import { ReportsModule } from './reports.module.js';
import { ReportsController } from './statistics/reports.controller.js';
import { StreamController } from './stream/stream.controller.js';
import { StuckController } from './stuck/stuck.controller.js';
import { WorkloadsController } from './workloads/workloads.controller.js';

/** Answers over HTTP: REST, GraphQL, the live stream, metrics, health. For a process made with `apiAdapter()`. */
@Module({
  imports: [AccessModule, ReportsModule, GraphqlModule],
  controllers: [
    PodsController,
    StuckController,
    WorkloadsController,
    ReportsController,
    DependenciesController,
    FindingsController,
    ClustersController,
    StreamController,
    LedgerController,
    HealthController,
  ],
  providers: [
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_PIPE, useFactory: validationPipe },
  ],
})
export class ReportsHttpModule {
  constructor(health: HealthChecks, database: ReportsDatabase) {
    health.register({
      name: 'database',
      check: () => database.check(),
      remedy:
        'See that PostgreSQL runs, that DATABASE_URL points at it, and that the projector of this version has migrated it.',
    });
  }
}

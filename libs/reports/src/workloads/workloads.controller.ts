import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentViewer, type Viewer } from '#libs/access';
import { Answers } from '../http/answers.js';
import { listOf, oneOf, type List, type One } from '../shapes/common.js';
import { WorkloadDetail, WorkloadFilter, WorkloadsFilter, WorkloadSummary } from './workload.schema.js';
import { WorkloadsQuery } from './workloads.query.js';

const WorkloadPath = z.object({ cluster: z.string(), namespace: z.string(), kind: z.string(), name: z.string() });
type WorkloadPath = z.infer<typeof WorkloadPath>;

@ApiTags('Workloads')
@Controller('api/v1/workloads')
export class WorkloadsController {
  constructor(private readonly workloads: WorkloadsQuery) {}

  @Get()
  @Answers('Workloads, and how their pods start', listOf(WorkloadSummary))
  list(
    @CurrentViewer() viewer: Viewer,
    @Query({ schema: WorkloadsFilter }) filter: WorkloadsFilter,
  ): Promise<List<WorkloadSummary>> {
    return this.workloads.list(viewer, filter);
  }

  @Get(':cluster/:namespace/:kind/:name')
  @Answers('One workload: percentiles, failures, restarts, its revisions compared', oneOf(WorkloadDetail))
  show(
    @CurrentViewer() viewer: Viewer,
    @Param({ schema: WorkloadPath }) path: WorkloadPath,
    @Query({ schema: WorkloadFilter }) filter: WorkloadFilter,
  ): Promise<One<WorkloadDetail>> {
    return this.workloads.get(viewer, path, filter);
  }
}

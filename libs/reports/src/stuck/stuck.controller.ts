import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentViewer, type Viewer } from '#libs/access';
import { Answers } from '../http/answers.js';
import { listOf, type List } from '../shapes/common.js';
import { StuckQuery } from './stuck.query.js';
import { Stuck, StuckFilter } from './stuck.schema.js';

@ApiTags('Stuck')
@Controller('api/v1/stuck')
export class StuckController {
  constructor(private readonly stuck: StuckQuery) {}

  @Get()
  @Answers('What is stuck, grouped by workload, revision, container and cause', listOf(Stuck))
  list(@CurrentViewer() viewer: Viewer, @Query({ schema: StuckFilter }) filter: StuckFilter): Promise<List<Stuck>> {
    return this.stuck.list(viewer, filter);
  }
}

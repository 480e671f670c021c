import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentViewer, type Viewer } from '#libs/access';
import { Answers } from '../http/answers.js';
import { listOf, type List } from '../shapes/common.js';
import { FindingsFilter, FoundInPod } from './finding.schema.js';
import { FindingsQuery } from './findings.query.js';

@ApiTags('Findings')
@Controller('api/v1/findings')
export class FindingsController {
  constructor(private readonly findings: FindingsQuery) {}

  @Get()
  @Answers('What should be looked at: facts of pods’ histories that their state does not tell', listOf(FoundInPod))
  list(
    @CurrentViewer() viewer: Viewer,
    @Query({ schema: FindingsFilter }) filter: FindingsFilter,
  ): Promise<List<FoundInPod>> {
    return this.findings.list(viewer, filter);
  }
}

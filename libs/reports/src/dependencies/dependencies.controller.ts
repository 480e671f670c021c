import { Controller, Get, Query, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentViewer, type Viewer } from '#libs/access';
import { Answers } from '../http/answers.js';
import { CsvColumns, CsvInterceptor } from '../http/csv.interceptor.js';
import { listOf, type List } from '../shapes/common.js';
import { DependenciesQuery } from './dependencies.query.js';
import { DependencyFilter, DependencyRow } from './dependency.schema.js';

@ApiTags('Reports')
@Controller('api/v1/reports')
@UseInterceptors(CsvInterceptor)
export class DependenciesController {
  constructor(private readonly dependencies: DependenciesQuery) {}

  @Get('dependencies')
  @CsvColumns(DependencyRow.shape)
  @Answers('What init containers waited for, and when many waited for the same', listOf(DependencyRow))
  list(
    @CurrentViewer() viewer: Viewer,
    @Query({ schema: DependencyFilter }) filter: DependencyFilter,
  ): Promise<List<DependencyRow>> {
    return this.dependencies.list(viewer, filter);
  }
}

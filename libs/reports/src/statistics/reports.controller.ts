import { Controller, Get, Query, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentViewer, type Viewer } from '#libs/access';
import { Answers } from '../http/answers.js';
import { CsvColumns, CsvInterceptor } from '../http/csv.interceptor.js';
import { listOf, type List } from '../shapes/common.js';
import { DurationRow, FailureRow, ReportFilter, RestartRow } from './report.schema.js';
import { ReportsQuery } from './reports.query.js';

@ApiTags('Reports')
@Controller('api/v1/reports')
@UseInterceptors(CsvInterceptor)
export class ReportsController {
  constructor(private readonly reports: ReportsQuery) {}

  @Get('durations')
  @CsvColumns(DurationRow.shape)
  @Answers('How long initializations, or attempts of their containers, took', listOf(DurationRow))
  durations(
    @CurrentViewer() viewer: Viewer,
    @Query({ schema: ReportFilter }) filter: ReportFilter,
  ): Promise<List<DurationRow>> {
    return this.reports.durations(viewer, filter);
  }

  @Get('failures')
  @CsvColumns(FailureRow.shape)
  @Answers('What failed, by category', listOf(FailureRow))
  failures(
    @CurrentViewer() viewer: Viewer,
    @Query({ schema: ReportFilter }) filter: ReportFilter,
  ): Promise<List<FailureRow>> {
    return this.reports.failures(viewer, filter);
  }

  @Get('restarts')
  @CsvColumns(RestartRow.shape)
  @Answers('How often init containers were run again', listOf(RestartRow))
  restarts(
    @CurrentViewer() viewer: Viewer,
    @Query({ schema: ReportFilter }) filter: ReportFilter,
  ): Promise<List<RestartRow>> {
    return this.reports.restarts(viewer, filter);
  }
}

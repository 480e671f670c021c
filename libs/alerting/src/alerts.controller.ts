import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentViewer, type Viewer } from '#libs/access';
import { Answers, type List } from '#libs/reports';
import { AlertsQuery } from './alerts.query.js';
import { Alerts, AlertsFilter, type Alert } from './alerts.schema.js';

@ApiTags('Alerts')
@Controller('api/v1/alerts')
export class AlertsController {
  constructor(private readonly alerts: AlertsQuery) {}

  @Get()
  @Answers('Alerts that fire or fired, with their evidence and who was told', Alerts)
  list(@CurrentViewer() viewer: Viewer, @Query({ schema: AlertsFilter }) filter: AlertsFilter): Promise<List<Alert>> {
    return this.alerts.list(viewer, filter);
  }
}

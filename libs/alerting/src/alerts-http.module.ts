import { Module } from '@nestjs/common';
import { PrismaModule } from '#libs/platform';
import { ReportsModule } from '#libs/reports';
import { AlertsController } from './alerts.controller.js';
import { AlertsQuery } from './alerts.query.js';

/** Answers which alerts fire. It reads alone: alerts are raised by `AlertingModule`, in the projector. */
@Module({ imports: [ReportsModule, PrismaModule], controllers: [AlertsController], providers: [AlertsQuery] })
export class AlertsHttpModule {}

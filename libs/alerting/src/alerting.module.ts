import { Module } from '@nestjs/common';
import { ActWriters } from '#libs/event-store';
import { Database, HealthChecks, JobQueues, Logger, Metrics, QueueModule, Settings } from '#libs/platform';
import { Deliveries } from './deliveries.js';
import { DeliveryDispatch } from './delivery-dispatch.js';
import { alertmanager, webhook, type Receiver } from './receivers.js';
import { StuckAlerts } from './stuck-alerts.js';

/** Who is told: every Alertmanager and the webhook of the settings. */
export function receiversOf({ alertmanagerUrl, webhookUrl, webhookSecret }: Settings): Receiver[] {
  const hook = webhookUrl === undefined ? [] : [webhook(webhookUrl, webhookSecret)];
  return [...alertmanagerUrl.map(alertmanager), ...hook];
}

/** Raises alerts and delivers them. For the projector's process: its role alone may write acts. */
@Module({
  imports: [QueueModule],
  providers: [
    {
      provide: StuckAlerts,
      inject: [Settings, Database, HealthChecks, Logger, ActWriters],
      useFactory: (
        settings: Settings,
        database: Database,
        health: HealthChecks,
        ...[logger, acts]: [Logger, ActWriters]
      ) => new StuckAlerts({ database, receivers: receiversOf(settings), health, logger, acts }),
    },
    {
      provide: DeliveryDispatch,
      inject: [Settings, Database, JobQueues, Logger, Metrics, HealthChecks],
      useFactory: (
        settings: Settings,
        { projection: pool }: Database,
        queues: JobQueues,
        ...[logger, metrics, health]: [Logger, Metrics, HealthChecks]
      ) => {
        const deliveries = new Deliveries(pool, receiversOf(settings), baseUrl(settings));
        const isRedis = settings.redisUrl !== undefined;
        return new DeliveryDispatch({ pool, queues, deliveries, isRedis, logger, metrics, health });
      },
    },
  ],
})
export class AlertingModule {}

/** Where people who are told can read on. */
function baseUrl({ publicUrl, host, port }: Settings): string {
  return publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

import { Controller, Get, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import { HealthChecks, type Health } from '../health/health-checks.js';
import { Metrics } from '../metrics/metrics.js';

/** What the one who runs a process asks it. */
@Controller()
export class OperationsController {
  constructor(
    private readonly health: HealthChecks,
    private readonly metrics: Metrics,
  ) {}

  @Get('livez')
  livez(): Health {
    return this.health.livez();
  }

  @Get('readyz')
  async readyz(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    const health = await this.health.readyz();
    void reply.code(health.status).header('cache-control', 'no-store');
    return health;
  }

  @Get('metrics')
  async scrape(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { contentType, body } = await this.metrics.expose(accept);
    void reply.header('content-type', contentType).header('cache-control', 'no-store');
    return body;
  }
}

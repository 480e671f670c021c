import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentViewer, type Viewer } from '#libs/access';
import { HealthChecks, type Health } from '#libs/platform';
import { ReportMetrics } from '../metrics/report-metrics.js';

/** Kubernetes asks with ?verbose; the answer is always in full. */
const HealthQuestion = z.strictObject({ verbose: z.string().optional() });
type HealthQuestion = z.infer<typeof HealthQuestion>;
const NoQuestion = z.strictObject({});

@ApiTags('Health')
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthChecks,
    private readonly metrics: ReportMetrics,
  ) {}

  @Get('livez')
  @ApiOperation({ summary: 'Whether this process should be left running' })
  livez(@Query({ schema: HealthQuestion }) _asked: HealthQuestion): Health {
    return this.health.livez();
  }

  @Get('readyz')
  @ApiOperation({ summary: 'Whether this process can be of use: which check failed, and what to do' })
  async readyz(
    @Query({ schema: HealthQuestion }) _asked: HealthQuestion,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Health> {
    return answered(reply, await this.health.readyz());
  }

  @Get('metrics')
  @ApiProduces('text/plain', 'application/openmetrics-text')
  @ApiOperation({ summary: 'Metrics in Prometheus’ text format, or in OpenMetrics where Accept asks for it' })
  async scrape(
    @CurrentViewer() viewer: Viewer,
    @Query({ schema: NoQuestion }) _asked: object,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return written(reply, await this.metrics.expose(viewer, accept));
  }
}

function answered(reply: FastifyReply, health: Health): Health {
  void reply.code(health.status).header('cache-control', 'no-store');
  return health;
}

function written(reply: FastifyReply, { contentType, body }: Readonly<{ contentType: string; body: string }>): string {
  void reply.header('content-type', contentType).header('cache-control', 'no-store');
  return body;
}

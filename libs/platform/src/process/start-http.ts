import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';

import { AuditError } from '../errors/audit-error.js';
import { NestLog } from './nest-log.js';
import type { ProcessParts } from './run-process.js';

/**
 * Starts a process's modules and answers on the host and port of the settings, until the teardown.
 *
 * @param prepare adds to the server what Nest has no module for
 * @returns the URL it answers on
 * @throws AuditError `port-taken` with the remedy
 */
export async function startHttp(
  module: DynamicModule,
  adapter: FastifyAdapter,
  { settings, logger, teardown }: ProcessParts,
  prepare: (app: NestFastifyApplication) => void = () => undefined,
): Promise<string> {
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLog(logger),
    abortOnError: false,
  });
  teardown.add('modules', () => app.close());
  prepare(app);
  const { host, port } = settings;
  try {
    await app.listen(port, host);
  } catch (error) {
    throw portProblem(error, host, port);
  }
  return app.getUrl();
}

function portProblem(error: unknown, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new AuditError('port-taken', `Another program answers on port ${port} of ${host}.`, {
      cause: error,
      remedy: 'Stop it, or choose another port with --port (0 takes a free one).',
    });
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new AuditError('port-taken', `Port ${port} of ${host} cannot be listened on (${code}).`, {
      cause: error,
      remedy: 'Choose an address of this machine with --host, and a port that this user may use with --port.',
    });
  }
  return error;
}

import { FastifyAdapter } from '@nestjs/platform-fastify';
import { platformParts, runProcess, startHttp } from '#libs/platform';
import { ProjectorApp } from './projector.app.js';

await runProcess('json', async (parts) => {
  const platform = await platformParts(parts);
  await startHttp(ProjectorApp.of(platform), new FastifyAdapter(), parts);
});

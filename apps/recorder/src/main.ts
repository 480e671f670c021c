import { FastifyAdapter } from '@nestjs/platform-fastify';
import { platformParts, runProcess, startHttp } from '#libs/platform';
import { recordingTarget } from '#libs/recording';
import { RecorderApp } from './recorder.app.js';

await runProcess('json', async (parts) => {
  const target = await recordingTarget(parts.settings);
  const platform = await platformParts(parts);
  await startHttp(RecorderApp.of(platform, target), new FastifyAdapter(), parts);
});

import { createParamDecorator, Inject, Module, type ExecutionContext, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Settings } from '#libs/platform';
import type { Access } from './access.js';
import { chooseAccess } from './choose-access.js';
import type { Viewer } from './viewer.js';

const ACCESS = Symbol('Access');

/** Health is for whoever runs the process: it says nothing of what was recorded. */
const openPaths = new Set(['/livez', '/readyz']);

const viewers = new WeakMap<FastifyRequest, Viewer>();

/** Who sent the request: known for every request but those for health. */
export function viewerOf(request: FastifyRequest): Viewer {
  const viewer = viewers.get(request);
  if (!viewer) throw new Error(`nobody was asked who requests ${request.url}`);
  return viewer;
}

/** The viewer, as an argument of a controller's method. */
export const CurrentViewer = createParamDecorator((_: unknown, context: ExecutionContext) =>
  viewerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** Knows who asks before any route runs, GraphQL and unknown paths included. For every process that answers. */
@Module({
  providers: [
    { provide: ACCESS, inject: [Settings], useFactory: (settings: Settings): Access => chooseAccess(settings) },
  ],
})
export class AccessModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(ACCESS) private readonly access: Access,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRequest', async (request) => {
      if (openPaths.has(request.url.split('?')[0] ?? '')) return;
      viewers.set(request, await this.access.viewerOf(request.headers.authorization));
    });
  }
}

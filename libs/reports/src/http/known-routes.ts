import type { FastifyInstance } from 'fastify';

type Known = { pattern: RegExp; methods: Set<string> };

const known = new WeakMap<object, Map<string, Known>>();

/** Remembers every route of this server, so that a wrong method can be told from an unknown path. Before the first route. */
export function rememberRoutes(fastify: FastifyInstance): void {
  const routes = new Map<string, Known>();
  known.set(fastify.server, routes);
  fastify.addHook('onRoute', ({ url, method }) => {
    // Nest's own catch-all is no route of ours.
    if (url === '*' || url === '/*') return;
    const route = routes.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const one of [method].flat()) route.methods.add(one);
    routes.set(url, route);
  });
}

/** The methods under which this path is answered; none where it is unknown. */
export function methodsOf(fastify: FastifyInstance, path: string): string[] {
  const matching = [...(known.get(fastify.server)?.values() ?? [])].filter(({ pattern }) => pattern.test(path));
  return [...new Set(matching.flatMap(({ methods }) => [...methods]))].toSorted();
}

const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .split('/')
      .map((part) =>
        part === '*' ? '.+' : part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
      )
      .join('/')}$`,
  );

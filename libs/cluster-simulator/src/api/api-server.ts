import type { IncomingMessage, ServerResponse } from 'node:http';
import { authorize, authorizePath, refusal, isAllowed, verbOf } from './access.js';
import { answerError, answerJson, answerList, answerText } from './answers.js';
import { ApiError } from './api-error.js';
import { readObject } from './bodies.js';
import { discovery, versionInfo } from './discovery.js';
import { encodeList, encodeObject, formOf } from './encoding.js';
import type { Faults } from './faults.js';
import type { FeatureGates } from './feature-gates.js';
import { performFault } from './fault-requests.js';
import { readListOptions } from './list-options.js';
import { readPage } from './lists.js';
import type { ObjectStore } from './object-store.js';
import { podLog, type LogSource } from './pod-logs.js';
import { methodNotAllowed, noSuchPath, unauthorized } from './refusals.js';
import { readPath, type Call, type Target } from './request.js';
import type { ResourceName } from './resources.js';
import { review, reviewKinds, type Authority } from './reviews.js';
import { openApi } from './openapi.js';
import type { User } from './users.js';
import { openWatch } from './watches.js';
import { performWrite } from './writes.js';

/** What the API is made of. */
export type ApiServices = {
  store: ObjectStore;
  faults: Faults;
  authority: Authority;
  logs: LogSource;
  gates: FeatureGates;
  /** What `/version` tells: `v1.36.3`. */
  gitVersion: string;
  bookmarkIntervalMs: number;
  minRequestTimeoutSeconds: number;
  /** Further pages under `/simulator/`, by their name. */
  pages: Readonly<Record<string, () => string>>;
};

const probes = ['/healthz', '/livez', '/readyz'];

/** The Kubernetes API as a handler of requests. */
export class ApiServer {
  constructor(private readonly services: ApiServices) {}

  /** Answers one request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults } = this.services;
    if (faults.refusesConnections) return void request.socket.destroy();
    try {
      await this.answer(request, response);
    } catch (cause) {
      if (response.headersSent) return void response.destroy();
      answerError(request, response, cause instanceof ApiError ? cause : internal(cause));
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://simulator');
    if (url.pathname.startsWith('/simulator/')) return this.answerSimulator(request, response, url.pathname);
    const { outage } = this.services.store;
    if (outage.reach === 'refuses') return void request.socket.destroy();
    if (outage.reach === 'waits') await new Promise<void>((resolve) => outage.whenAnswering(resolve));
    const failure = this.services.faults.takeAnswer();
    if (failure) return answerFailure(request, response, failure);
    const call: Call = {
      request,
      response,
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      user: this.authenticate(request),
      accept: request.headers.accept ?? '',
      userAgent: request.headers['user-agent'] ?? '',
    };
    await this.dispatch(call);
  }

  /** @throws ApiError 401 for a token that nobody has; who brings none is anonymous */
  private authenticate(request: IncomingMessage): User {
    const [, token] = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (!token) return this.services.authority.anonymous;
    const user = this.services.faults.refusesTokens ? undefined : this.services.authority.users.get(token.trim());
    if (!user) throw unauthorized();
    return this.impersonated(user, request);
  }

  /** Whom an administrator speaks for, by the headers `Impersonate-User` and `Impersonate-Group`. */
  private impersonated(user: User, { headersDistinct }: IncomingMessage): User {
    const name = headersDistinct['impersonate-user']?.[0];
    if (!name) return user;
    const asked = { verb: 'impersonate', group: '', resource: 'users', name };
    if (!isAllowed(user, asked)) throw refusal(user, asked);
    const known = [...this.services.authority.users.values()].find((one) => one.name === name);
    const groups = [...(headersDistinct['impersonate-group'] ?? []), 'system:authenticated'];
    return { name, groups, rules: known?.rules ?? [] };
  }

  private async dispatch(call: Call): Promise<void> {
    const path = readPath(call.path);
    switch (path.kind) {
      case 'objects':
        return this.answerObjects(call, path.target);
      case 'review':
        return this.answerReview(call, path.resource);
      case 'unknown':
        authorizePath(call.user, call.method.toLowerCase(), call.path);
        return answerText(call.response, 404, '404 page not found\n');
      case 'other':
        return this.answerPath(call);
    }
  }

  private async answerObjects(call: Call, target: Target): Promise<void> {
    const { request, response, method, query } = call;
    const watching = method === 'GET' && target.name === '' && !['0', 'false', null].includes(query.get('watch'));
    authorize(call.user, verbOf(method, target, watching), target);
    if (method === 'GET') return this.answerRead(call, target);
    const written = await performWrite({ store: this.services.store, call, target });
    if ('body' in written) return answerJson(request, response, written.code, written.body);
    const form = formOf(call.accept, query);
    answerJson(
      request,
      response,
      written.code,
      encodeObject(target.resource, written.object, form, this.services.store.clock.now()),
    );
  }

  private async answerRead(call: Call, target: Target): Promise<void> {
    const { request, response, query } = call;
    const { store, faults } = this.services;
    const { resource, namespace, name } = target;
    if (target.subresource === 'log') return this.answerLog(call, target);
    if (target.resource.namespaced && name && !namespace) throw noSuchPath();
    const form = formOf(call.accept, query);
    if (name) {
      const object = store.get(resource.name as ResourceName, { ...(namespace && { namespace }), name });
      return answerJson(request, response, 200, encodeObject(resource, object, form, store.clock.now()));
    }
    const options = readListOptions(resource, query, this.services.gates);
    if (options.watch) return openWatch(this.services, { call, resource, namespace, options, form });
    const page = readPage(store, { resource: resource.name as ResourceName, namespace }, options, faults);
    const list = encodeList(resource, page.objects, { form, metadata: page.metadata, now: store.clock.now() });
    return answerList(request, response, list);
  }

  private answerLog({ query, response }: Call, { namespace, name }: Target): void {
    const pod = this.services.store.get('pods', { namespace, name });
    const text = podLog(pod, query, this.services.logs);
    if (text === undefined) response.writeHead(204).end();
    else answerText(response, 200, text, { 'cache-control': 'no-cache, private' });
  }

  private async answerReview(call: Call, resource: string): Promise<void> {
    const { kind, group } = reviewKinds[resource] ?? { kind: '', group: '' };
    if (call.method !== 'POST') throw methodNotAllowed();
    const asked = { verb: 'create', group, resource };
    if (!isAllowed(call.user, asked)) throw refusal(call.user, asked);
    const given = await readObject(call.request, { kind, apiVersion: `${group}/v1` });
    const manager = call.userAgent.split('/')[0] ?? '';
    const answer = review(resource, given, this.services.authority, {
      user: call.user,
      manager,
      at: this.services.store.clock.now(),
    });
    answerJson(call.request, call.response, 201, answer);
  }

  private answerPath({ request, response, path, user, method }: Call): void {
    authorizePath(user, method.toLowerCase(), path);
    if (path === '/version' || path === '/version/')
      return answerJson(request, response, 200, versionInfo(this.services.gitVersion));
    if (probes.includes(path)) return answerText(response, 200, 'ok');
    const found = discovery(path, request.headers.host ?? '') ?? openApi(path);
    if (found) return answerJson(request, response, 200, found);
    throw noSuchPath();
  }

  /** The simulator's own paths: what no cluster has, and no client of one asks for. They need no token. */
  private async answerSimulator(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const name = path.slice('/simulator/'.length);
    if (name === 'faults' && request.method === 'POST') {
      return answerJson(request, response, 200, await performFault(this.services.faults, request));
    }
    const page = Object.hasOwn(this.services.pages, name) ? this.services.pages[name] : undefined;
    if (!page || request.method !== 'GET') throw noSuchPath();
    answerText(response, 200, page());
  }
}

function answerFailure(
  request: IncomingMessage,
  response: ServerResponse,
  { code, retryAfterSeconds }: { code: 429 | 500 | 503; retryAfterSeconds: number },
): void {
  if (code === 429) {
    const text = 'Too many requests, please try again later.\n';
    return answerText(response, 429, text, { 'retry-after': String(retryAfterSeconds) });
  }
  if (code === 500) return answerError(request, response, internal(new Error('etcdserver: leader changed')));
  const message = 'the server is currently unable to handle the request';
  answerError(request, response, new ApiError({ code, reason: 'ServiceUnavailable', message }));
}

function internal(cause: unknown): ApiError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ApiError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  });
}

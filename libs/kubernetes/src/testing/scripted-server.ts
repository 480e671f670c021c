import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Answers one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** An API server that says what a test tells it to, request by request. */
export type ScriptedServer = Readonly<{
  url: string;
  /** A kubeconfig file that leads here. */
  kubeconfig: string;
  /** Every request so far: `METHOD path?query`. */
  asked: readonly string[];
  requests: readonly IncomingMessage[];
  close(): Promise<void>;
}>;

/** Starts a server that answers with `answer`. */
export async function scriptedServer(answer: Answer): Promise<ScriptedServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response, new URL(request.url ?? '/', 'http://server'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    kubeconfig: writeKubeconfig({ server: url }),
    get asked() {
      return requests.map(({ method, url: path }) => `${method} ${decodeURIComponent(path ?? '')}`);
    },
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Writes a kubeconfig with one cluster, one user and one context that is current, each overridable. */
export function writeKubeconfig({
  server = 'https://127.0.0.1:1',
  cluster = {},
  user = { token: 'secret' },
  currentContext = 'test',
}: {
  server?: string;
  cluster?: object;
  user?: object;
  currentContext?: string;
}): string {
  const file = join(mkdtempSync(join(tmpdir(), 'kubeconfig-')), 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { server, ...cluster } }],
    users: [{ name: 'user', user }],
    contexts: [{ name: 'test', context: { cluster: 'cluster', user: 'user' } }],
    'current-context': currentContext,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** Answers with JSON. */
export function answerJson(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A `metav1.Status` of a refusal. */
export const status = (code: number, reason: string, message = reason) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
});

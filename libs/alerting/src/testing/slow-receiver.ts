import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a webhook was told: the id of the delivery, and the alert and its state as the body says them. */
export type Told = Readonly<{ id: string; alert: string; status: string; taken: boolean }>;

/** A webhook that keeps what it is told, and may be told to leave who calls waiting. */
export type SlowReceiver = Readonly<{
  url: string;
  /** Every call, in the order in which they came; `taken` of those that were answered with 200. */
  told: Told[];
  /** From now on nobody is answered. */
  hold: () => void;
  /** Answers those who wait and are still there, and everybody from now on. */
  release: () => void;
  stop: () => Promise<void>;
}>;

export async function slowReceiver(): Promise<SlowReceiver> {
  const told: (Told & { taken: boolean })[] = [];
  let held = false;
  let waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const { status, commonLabels } = JSON.parse(body) as { status: string; commonLabels: Record<string, string> };
      const call = {
        id: String(request.headers['webhook-id']),
        alert: commonLabels['workload'] ?? '',
        status,
        taken: false,
      };
      told.push(call);
      if (held) waiting.push(() => take(call, response));
      else take(call, response);
    })().catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    told,
    hold: () => void (held = true),
    release: () => {
      held = false;
      for (const answer of waiting) answer();
      waiting = [];
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Who has gone meanwhile hears no answer, and has not been told. */
function take(call: { taken: boolean }, response: ServerResponse): void {
  if (response.destroyed) return;
  call.taken = true;
  response.end('{}');
}

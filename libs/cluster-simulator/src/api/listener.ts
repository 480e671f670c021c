import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificate.js';
import type { ApiServer } from './api-server.js';

/** Where a server listens: HTTPS with a certificate, HTTP without. Port 0 is any that is free. */
export type ListenOptions = { host: string; port: number; certificate?: Certificate | undefined };

/** An API that listens. */
export type Listener = {
  port: number;
  /** Cuts every connection. */
  disconnect: () => void;
  close: () => Promise<void>;
};

/**
 * Serves the API.
 *
 * @throws the system's error when it cannot listen there, `EADDRINUSE` for one
 */
export async function listen(api: ApiServer, { host, port, certificate }: ListenOptions): Promise<Listener> {
  const handle = (...[request, response]: Parameters<ApiServer['handle']>) => void api.handle(request, response);
  const server: Server = certificate
    ? createTlsServer({ key: certificate.key, cert: certificate.certificate }, handle)
    : createServer(handle);
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const disconnect = () => server.closeAllConnections();
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      disconnect();
    });
  return { port: (server.address() as AddressInfo).port, disconnect, close };
}

import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isConnectionError } from './database-errors.js';

/** A server that takes connections and says nothing: one that hangs. */
let server: Server;
const sockets: Socket[] = [];

beforeEach(async () => {
  server = createServer((socket) => void sockets.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

describe('a failure of the connection', () => {
  it('is one too where a pool has none to give in time, because the server hangs', async () => {
    const { port } = server.address() as AddressInfo;
    const pool = new Pool({ host: '127.0.0.1', port, max: 1, connectionTimeoutMillis: 50 });
    const failures = await Promise.all([pool, pool, pool].map((one) => one.query('SELECT 1').catch((error) => error)));
    await pool.end();

    // The first says so of its connection, those that waited for it of the pool.
    expect(new Set(failures.map(({ message }) => message)).size).toBeGreaterThan(1);
    expect(failures.map(isConnectionError)).toEqual([true, true, true]);
  });

  it('is no failure of the statement', () => {
    expect(isConnectionError(Object.assign(new Error('division by zero'), { code: '22012' }))).toBe(false);
  });
});

import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { signature, webhook } from './receivers.js';
import { someNotification } from './testing/index.js';

const notification = someNotification();

let server: Server | undefined;
afterEach(() => new Promise((done) => (server ? server.close(done) : done(undefined))));

async function answering(
  status: number,
  headers: Record<string, string> = {},
): Promise<{ url: string; heard: IncomingMessage[] }> {
  const heard: IncomingMessage[] = [];
  server = createServer((request, response) => {
    heard.push(request);
    request.resume().on('end', () => response.writeHead(status, headers).end('said so'));
  });
  await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, heard };
}

describe('webhook', () => {
  it('delivers with the id of the delivery', async () => {
    const { url, heard } = await answering(200);

    await expect(webhook(url).deliver(notification, 'd-1', 5000)).resolves.toEqual({
      outcome: 'delivered',
      status: 200,
    });
    expect(heard[0]!.headers).toMatchObject({ 'webhook-id': 'd-1', 'webhook-timestamp': '5' });
  });

  it('does not try again what a receiver refuses', async () => {
    const { url } = await answering(422);

    await expect(webhook(url).deliver(notification, 'd-1', 0)).resolves.toMatchObject({
      outcome: 'refused',
      status: 422,
    });
  });

  it('waits as long as a busy receiver asks', async () => {
    const { url } = await answering(429, { 'retry-after': '7' });

    await expect(webhook(url).deliver(notification, 'd-1', 0)).resolves.toMatchObject({
      outcome: 'failed',
      retryAfterMs: 7000,
    });
  });

  it('fails, to be tried again, where nobody listens', async () => {
    const { url } = await answering(200);
    await new Promise((closed) => server!.close(closed));
    server = undefined;

    await expect(webhook(url).deliver(notification, 'd-1', 0)).resolves.toMatchObject({
      outcome: 'failed',
      status: null,
    });
  });
});

describe('the name of a webhook', () => {
  it.each([
    ['https://hooks.example/', 'webhook:hooks.example'],
    ['https://hooks.example:8443/services/T0/s3cret', 'webhook:hooks.example:8443#aa35fb3f'],
    ['https://hooks.example/services/T0/other', 'webhook:hooks.example#ab58a706'],
    ['https://hooks.example/?token=s3cret', 'webhook:hooks.example#fe7af298'],
  ])('of %s is %s: others are told apart, and nobody learns where to post', (url, name) => {
    expect(webhook(url).name).toBe(name);
  });
});

describe('signature', () => {
  it('signs id, time and body as Standard Webhooks does', () => {
    const secret = `whsec_${Buffer.from('a key').toString('base64')}`;

    expect(signature({ id: 'd-1', seconds: 5, body: '{}' }, secret)['webhook-signature']).toBe(
      `v1,${createHmac('sha256', 'a key').update('d-1.5.{}').digest('base64')}`,
    );
  });
});

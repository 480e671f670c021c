import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  deploymentSeen,
  eventSeen,
  gapSeen,
  goodStart,
  initEnds,
  initRuns,
  Ledger,
  namespaceSeen,
  newPod,
  nodeSeen,
  replicaSetSeen,
  uid,
} from '#testing/projections';
import { apiOn } from '../testing/index.js';

let ledger: Ledger;
let app: NestFastifyApplication;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-21T11:00:00Z') });
  ledger = await Ledger.open();
  await ledger.append([
    namespaceSeen(0),
    nodeSeen(0),
    replicaSetSeen(0),
    deploymentSeen(0),
    ...goodStart(1, 1, 10),
    ...goodStart(2, 20, 20),
    newPod(3, 50),
    initRuns(3, 51),
    initEnds(3, 51, 61, 1),
    eventSeen(uid(3), 62, { reason: 'BackOff', message: 'Back-off restarting failed container', type: 'Warning' }),
    gapSeen(70, 80),
    newPod(4, 90),
    initRuns(4, 91),
  ]);
  await ledger.project();
  app = await apiOn(ledger.pool);
});

afterAll(async () => {
  await app?.close();
  await ledger?.close();
  vi.useRealTimers();
});

const get = (path: string) => request(app.getHttpServer()).get(path);

describe('the routes', () => {
  it.each([
    '/api/v1/pods',
    `/api/v1/pods/${uid(1)}`,
    `/api/v1/pods/${uid(3)}/events`,
    `/api/v1/pods/${uid(3)}/timeline`,
    '/api/v1/stuck',
    '/api/v1/workloads',
    '/api/v1/workloads/test/shop/Deployment/api',
    '/api/v1/reports/durations',
    '/api/v1/reports/failures',
    '/api/v1/reports/restarts',
    '/api/v1/gaps',
    '/api/v1/clusters',
    '/livez',
    '/readyz',
    '/metrics',
    '/openapi.json',
  ])('answer %s', async (path) => {
    const answer = await get(path);
    if (answer.status !== 200) process.stdout.write(`${path} ${answer.status} ${answer.text.slice(0, 600)}\n`);
    else process.stdout.write(`${path} ${answer.text.slice(0, 1800)}\n\n`);

    expect(answer.status).toBe(200);
  });
});
